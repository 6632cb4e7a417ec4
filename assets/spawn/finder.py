"""Serves `gem5.utils.multiprocessing` from texts in memory, in place of gem5's own module of that name."""
import sys
from importlib.machinery import ModuleSpec

PACKAGE = "gem5.utils.multiprocessing"


class Texts:
    """Finds and loads the modules whose texts came with the message.

    It stands before all other finders, so gem5's own module is never read. `state` is what the modules are told about
    where they run: None in a process that may start nothing.
    """

    def __init__(self, sources, state):
        self._sources = sources
        self._state = state

    def find_spec(self, name, _path=None, _target=None):
        """The module `name`, if it is one of ours."""
        if name in self._sources:
            spec = ModuleSpec(name, self, origin=self._filename(name), is_package=self.is_package(name))
            spec.loader_state = self._state
            return spec
        if name.startswith(PACKAGE + "."):
            # Without this, Python would look for gem5's file of that name, and start processes behind our back.
            raise ModuleNotFoundError(
                "there is no %s under gem5-tui, which starts the processes itself; import Process and Pool from %s"
                % (name, PACKAGE),
                name=name,
            )
        return None

    def create_module(self, _spec):
        """None: Python makes the module object."""
        return None

    def exec_module(self, module):
        """Runs the text of a module in it."""
        name = module.__name__
        exec(compile(self._sources[name], self._filename(name), "exec"), module.__dict__)

    def is_package(self, name):
        """Whether modules may lie below `name`."""
        return name == PACKAGE

    def get_source(self, name):
        """The text, from which tracebacks show their lines."""
        return self._sources[name]

    def _filename(self, name):
        # Not `<...>`: the modules of Python that print tracebacks ask for the text of other names only.
        return "<gem5-tui>/%s.py" % name.replace(".", "/")


class EmptyParents:
    """Gives empty packages for the parents of ours. It stands behind all other finders, so gem5's own come first."""

    def find_spec(self, name, _path=None, _target=None):
        """A package without content where nobody has one."""
        if name in ("gem5", "gem5.utils"):
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, _spec):
        """None: Python makes the module object."""
        return None

    def exec_module(self, _module):
        """There is nothing to run."""


def install(sources, state):
    """From now on, an import of `gem5.utils.multiprocessing` gets the module of `sources`."""
    sys.meta_path.insert(0, Texts(sources, state))
    sys.meta_path.append(EmptyParents())
