"""What is asked of the engine: a call, checked and pickled, and described for people."""
import functools
import inspect
import math
import os
import pickle
import re
import reprlib
import sys
import types

from . import _key

# A parameter is a cell of a table, and a label the name of a directory.
SHOWN_CHARACTERS = 100
TEXT_CHARACTERS = 1000
LABEL_CHARACTERS = 60
# The source files whose change makes a recorded value stale.
MODULES = 200


class Call:
    """A call that can travel: everything that its request says, except for the number."""

    def __init__(self, target, args, kwargs, initializer=None, initargs=()):
        if not callable(target):
            raise TypeError("the target must be a function, and %r is none" % (target,))
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        function = _function(target)
        args, kwargs, initargs = tuple(args), dict(kwargs), tuple(initargs)
        call = (target, args, kwargs, initializer, initargs)
        # First the description of what is wrong, then the pickle, whose own words for it are less clear.
        _key.check_importable(function)
        if initializer is not None:
            _key.check_importable(_function(initializer))
        pickled, error = None, None
        try:
            pickled = pickle.dumps(call, _key.PROTOCOL)
        except Exception as failed:
            error = failed
        try:
            canonical, used = _key.canonical(call, len(pickled or b""))
        except _key.Refused:
            raise
        except Exception as failed:
            raise _unpicklable(function, error or failed) from None
        if error is not None:
            raise _unpicklable(function, error) from None
        self.pickled = pickled
        self.key = _key.digest(canonical)
        self.module = function.__module__
        self.function = function.__qualname__
        self.used = used | {self.module}
        self.arguments = _arguments(target, args, kwargs)

    def label(self):
        """A short name out of the function and its arguments, such as `run_sim-bob`."""
        words = [self.function.rpartition(".")[2]]
        words += [_word(value) for _, value in self.arguments if isinstance(value, (str, int, float))]
        return re.sub(r"[^\w.+-]+", "_", "-".join(words), flags=re.ASCII)[:LABEL_CHARACTERS].rstrip("-_.") or "call"

    def parameters(self):
        """The function and its arguments as pairs of a unique name and a JSON scalar."""
        pairs, taken = [], set()
        for name, value in [("function", "%s.%s" % (self.module, self.function))] + self.arguments:
            unique, count = name, 1
            while unique in taken:
                count += 1
                unique = "%s_%d" % (name, count)
            taken.add(unique)
            pairs.append((unique, _scalar(value)))
        return pairs

    def environment(self, name):
        """What the process of the call is given besides the call: `name` is how it is called."""
        path = [os.path.abspath(entry) for entry in sys.path if isinstance(entry, str)]
        return {"sys_path": path, "sys_argv": [str(word) for word in sys.argv], "name": name, "call": self.pickled}


def _unpicklable(function, error):
    text = "the call of `%s` cannot travel to another process: %s: %s; arguments must be plain data"
    return _key.Refused(text % (function.__qualname__, type(error).__name__, error))


def _function(target):
    """What has a name: the function inside of partial calls and bound methods, the class of other callable objects."""
    while isinstance(target, functools.partial):
        target = target.func
    target = getattr(target, "__func__", target)
    if getattr(target, "__qualname__", None) and getattr(target, "__module__", None):
        return target
    return type(target)


def _arguments(target, args, kwargs):
    """The arguments with the names that the function has for them."""
    try:
        signature = inspect.signature(target)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):
        # Not every function in C has a signature, and a call that does not fit fails where it is made: in the child.
        numbered = [("arg%d" % number, value) for number, value in enumerate(args, 1)]
        return numbered + sorted(kwargs.items())
    found = []
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            found += [("%s%d" % (name, number), part) for number, part in enumerate(value, 1)]
        elif kind is inspect.Parameter.VAR_KEYWORD:
            found += value.items()
        else:
            found.append((name, value))
    return found


def _word(value):
    """A number or a text, however many digits it has."""
    try:
        return str(value)
    except Exception:
        return _SHORT.repr(value)


def _scalar(value):
    """A value as JSON can say it: what is not a plain number or text is shown as Python shows it."""
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is str:
        return _cut(value, TEXT_CHARACTERS)
    # Addresses of objects differ from run to run.
    return _cut(re.sub(r" at 0x[0-9a-fA-F]+", "", _SHORT.repr(value)), SHOWN_CHARACTERS)


def _cut(text, length):
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= length else text[: length - 3] + "..."


class _Short(reprlib.Repr):
    """A `repr` that never builds the whole text of something large, survives a `__repr__` that fails, and does not depend
    on the order of hash tables."""

    def __init__(self):
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxarray = 32
        self.maxstring = self.maxlong = self.maxother = 2 * SHOWN_CHARACTERS

    def repr_int(self, value, level):
        """In hexadecimal where Python refuses so many digits."""
        try:
            return super().repr_int(value, level)
        except ValueError:
            return hex(value)[: self.maxlong]

    def repr_set(self, value, level):
        """A set in the order of what its elements look like."""
        return "{%s}" % ", ".join(sorted(self.repr1(part, level - 1) for part in value)) if value else "set()"

    def repr_frozenset(self, value, level):
        """The same with its name."""
        return "frozenset(%s)" % (self.repr_set(value, level) if value else "")


_SHORT = _Short()


class SourceFiles:
    """Finds the files of the script's own modules that a function may depend on."""

    def __init__(self, directory, script):
        self._below = os.path.join(os.path.abspath(directory), "")
        self._script = os.path.abspath(script)
        self._known = {}

    def of(self, module, used):
        """The files of `module` and of the local modules that can be reached from it or are in `used`, sorted."""
        # Modules that the script imports later may be reached by then.
        question = (module, frozenset(used), len(sys.modules))
        if question not in self._known:
            self._known[question] = self._search(module, used)
        return self._known[question]

    def _search(self, module, used):
        files, waiting, seen = set(), list(used), set(used)
        while waiting:
            name = waiting.pop()
            path = _source(sys.modules.get(name))
            if name in _key.MAIN or path is None or path == self._script:
                continue
            # What lies elsewhere is installed and not worked at, and its modules would be thousands.
            if name != module and not path.startswith(self._below):
                continue
            files.add(path)
            found = _reachable(name, sys.modules[name]) - seen
            seen |= found
            waiting.extend(found)
        return sorted(files)[:MODULES]


def _source(module):
    path = getattr(module, "__file__", None)
    if not isinstance(path, str) or not path.endswith(".py"):
        return None
    return os.path.abspath(path)


def _reachable(name, module):
    """The names of the modules that `module` refers to, its packages included."""
    parts = name.split(".")
    names = {".".join(parts[:count]) for count in range(1, len(parts))}
    for value in list(vars(module).values()):
        if isinstance(value, types.ModuleType):
            names.add(value.__name__)
        elif isinstance(value, (type, types.FunctionType)):
            names.add(value.__module__)
        else:
            names.add(type(value).__module__)
    return names
