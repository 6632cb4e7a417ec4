"""SimObject: a node of the configuration tree, with parameters, children and ports, as in gem5's configuration scripts."""
from . import endings


class Param:
    """One parameter: how a value that the script gives is converted, and what it is when the script gives none."""

    REQUIRED = object()

    def __init__(self, convert, default=REQUIRED):
        self.convert = convert
        self.default = default


class Port:
    """One end of a connection."""

    def __init__(self, owner, name):
        self.owner = owner
        self.name = name
        self.peers = []

    def __str__(self):
        return "%s.%s" % (self.owner.path(), self.name)

    def peer(self):
        """The owner of the other end. A port that nothing is connected to ends gem5, and so it does here."""
        if not self.peers:
            endings.fatal("src/mem/port.cc:63", "%s: Unconnected port!" % self)
        return self.peers[0].owner


class SimObject:
    """The base of everything that a configuration is made of."""

    # Subclasses add to both; `type.__mro__` is searched for them.
    params = {}
    port_names = ()

    def __init__(self, **values):
        state = self.__dict__
        state["_name"] = None
        state["_parent"] = None
        state["_children"] = {}
        state["_ports"] = {}
        state["_values"] = {}
        state["_params"] = {}
        for cls in reversed(type(self).__mro__):
            self._params.update(vars(cls).get("params", {}))
        for name, param in self._params.items():
            if param.default is not Param.REQUIRED:
                setattr(self, name, param.default)
        for name, value in values.items():
            setattr(self, name, value)

    def __setattr__(self, name, value):
        if name in self.port_names:
            self._connect(name, value)
        elif isinstance(value, SimObject):
            # The first parent keeps the child; a later assignment is a mere reference to it.
            if value._parent is None and value is not self:
                value.__dict__.update(_name=name, _parent=self)
                self._children[name] = value
            self._values[name] = value
        elif name in self._params:
            convert = self._params[name].convert
            self._values[name] = value if value is None else convert(value)
        else:
            raise AttributeError("Class %s has no parameter %s" % (type(self).__name__, name))

    def __getattr__(self, name):
        # Python asks here only for what is not in __dict__.
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._values:
            return self._values[name]
        if name in self.port_names:
            return self._ports.setdefault(name, Port(self, name))
        raise AttributeError("object '%s' has no attribute '%s'" % (type(self).__name__, name))

    def _connect(self, name, other):
        if not isinstance(other, Port):
            raise TypeError("assigning non-port reference '%s' to port '%s.%s'" % (other, self.path(), name))
        mine = getattr(self, name)
        mine.peers.append(other)
        other.peers.append(mine)

    def path(self):
        """The full name, such as `system.cpu.dcache`. The root has no part in it."""
        parts = []
        node = self
        while node is not None and node._parent is not None:
            parts.append(node._name)
            node = node._parent
        return ".".join(reversed(parts)) or "root"

    def descendants(self):
        """This object and everything below it, in the order of the names, parents first."""
        yield self
        for name in sorted(self._children):
            yield from self._children[name].descendants()

    def missing(self):
        """The names of the parameters that need a value and have none."""
        return [name for name in self._params if name not in self._values]

    def facts(self):
        """What `config.ini` says of this object, as (name, value) in the order of gem5."""
        facts = [("type", type(self).__name__)]
        if self._children:
            facts.append(("children", " ".join(sorted(self._children))))
        own = {name: value for name, value in self._values.items() if name in self._params}
        facts.extend(sorted((name, _as_text(value)) for name, value in own.items()))
        for name in sorted(self._ports):
            facts.append((name, " ".join(str(peer) for peer in self._ports[name].peers)))
        return facts

    def tree(self):
        """What `config.json` says of this object and of those below it."""
        node = {"type": type(self).__name__, "name": self._name, "path": self.path()}
        for name, value in sorted(self._values.items()):
            if name in self._params and not isinstance(value, SimObject):
                node[name] = value if isinstance(value, (bool, int, float, str)) else _as_text(value)
        for name in sorted(self._ports):
            node[name] = {"peer": " ".join(str(peer) for peer in self._ports[name].peers)}
        for name in sorted(self._children):
            node[name] = self._children[name].tree()
        return node


def _as_text(value):
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, SimObject):
        return value.path()
    if isinstance(value, (list, tuple)):
        return " ".join(_as_text(part) for part in value)
    return str(value)
