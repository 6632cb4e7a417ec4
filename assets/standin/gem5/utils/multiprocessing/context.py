"""A spawn context whose children are gem5, on top of Python's own."""
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess


class Spawn_gem5Process(BaseProcess):
    """A process of the context, such as a worker of a Pool. Its name, `Spawn_gem5Process-1`, comes from its class."""

    # With a method named here, a child would ask Python for it, and Python knows only its own three.
    _start_method = None

    @staticmethod
    def _Popen(process):
        from .popen_spawn_gem5 import Popen

        return Popen(process)


class Process(Spawn_gem5Process):
    """A process that scripts start themselves, named `Process-1` and so on."""


class gem5Context(BaseContext):
    """Spawn, and nothing else: a simulator that has begun cannot be forked safely."""

    _name = "spawn_gem5"
    Process = Spawn_gem5Process

    def get_context(self, method=None):
        """This very context; there is no other."""
        if method not in (None, self._name):
            raise ValueError("cannot find context for %r" % method)
        return self
