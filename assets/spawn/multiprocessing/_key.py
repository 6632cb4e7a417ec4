"""The key of a call: the same for equal calls, in whatever process and at whatever time they are made.

By it the engine finds the value that an earlier run of the suite has computed. It is a digest of the call's pickle. But
ordinary pickles of equal values differ: they tell whether two equal parts are one object, and they list a set in the
order of its hash table, which differs from process to process. So the pickle here repeats shared parts, and sorts sets.
"""
import hashlib
import io
import pickle
import types

# Fixed, so that a later Python computes the same keys. The first that Python 3.6 and everything since can read.
PROTOCOL = 4

# The names under which the script itself runs.
MAIN = ("__main__", "__m5_main__", "__mp_main__")

ADVICE = "put it into a module of its own, next to the script, and import it from there"


class Refused(TypeError):
    """A call that cannot travel to another process."""


def canonical(call, size):
    """The canonical pickle of `call`, whose ordinary one takes about `size` bytes, and the names of the modules that it
    refers to."""
    modules = set()
    try:
        # An ordinary pickle has at most one object to a byte. Twice as many and more come from parts that are shared
        # over and over, and to repeat all those could take for ever.
        return _Canonical.of(call, modules, fast=True, budget=100000 + 2 * size), modules
    except (_TooLarge, ValueError, RecursionError):
        # Or from cycles. With its parts told apart such a call has the same key only if it is built in the same way.
        return _Canonical.of(call, modules, fast=False, budget=float("inf")), modules


def digest(data):
    """The key itself."""
    return hashlib.sha256(data).hexdigest()


class _TooLarge(Exception):
    """Repeating what is shared takes too much."""


class _Canonical(pickle.Pickler):
    @classmethod
    def of(cls, value, modules, fast, budget):
        """The canonical bytes of one value."""
        out = io.BytesIO()
        pickler = cls(out, PROTOCOL)
        pickler.fast = fast
        pickler._modules = modules
        pickler._left = budget
        pickler.dump(value)
        return out.getvalue()

    def persistent_id(self, value):
        """Called for every object on its way into the pickle. What is returned stands for the object, None for itself."""
        self._left -= 1
        if self._left < 0:
            raise _TooLarge()
        kind = type(value)
        if kind in (str, int, float, bool, bytes, list, dict, tuple) or value is None:
            return None
        if isinstance(value, (set, frozenset)):
            return self._sorted(value)
        if isinstance(value, (type, types.FunctionType)):
            check_importable(value)
            self._modules.add(value.__module__)
        return None

    def _sorted(self, value):
        parts = [_Canonical.of(part, self._modules, self.fast, self._left) for part in value]
        self._left -= len(parts)
        # A class derived from set may carry more than its elements.
        rest = getattr(value, "__dict__", None)
        kind = type(value)
        return (kind.__module__, kind.__qualname__, sorted(parts), rest)


def check_importable(value):
    """Refuses a class or a function that another process could not import."""
    name = getattr(value, "__qualname__", repr(value))
    if "<lambda>" in name:
        raise Refused("a lambda has no name under which another process could import it: write a `def`, and %s" % ADVICE)
    if "<locals>" in name:
        raise Refused(
            "`%s` is defined inside of a function, where no other process can import it: %s" % (name, ADVICE)
        )
    if value.__module__ in MAIN:
        raise Refused(
            "`%s` is defined in the script itself, which the process that is to run it does not have: %s" % (name, ADVICE)
        )
