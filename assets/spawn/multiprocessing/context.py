"""`Process` and its context, with the words of Python's multiprocessing."""
import functools
import itertools
import multiprocessing.process
import os
import weakref

from . import _pool
from ._call import Call
from ._spawns import KILL, TERMINATE, spawns

# Names that nobody has chosen count in one row, as those of Python's processes do.
_names = itertools.count(1)
_alive = set()


class Process:
    """A function that runs in a fresh gem5, as a simulation of its own.

    `join()` waits for its end and never raises because of it: `exitcode` tells how it was. A script that ends without
    having asked fails if its processes have.
    """

    def __init__(self, group=None, target=None, name=None, args=(), kwargs={}, *, daemon=None):
        if group is not None:
            raise ValueError("group must be None: it is there for the likeness to threads only")
        if type(self).run is not Process.run:
            raise TypeError(
                "%s has a run() of its own, which no other process could be given: pass a function of a module as target"
                % type(self).__name__
            )
        self._target, self._args, self._kwargs = target, tuple(args), dict(kwargs)
        self._label = str(name) if name else None
        self._name = self._label or "%s-%d" % (type(self).__name__, next(_names))
        self._daemon = bool(daemon)
        self._spawn = None
        self._closed = False
        self._ends = None

    def run(self):
        """Only the likeness: what runs is the target, in another process."""
        raise RuntimeError("call start(): the target runs in a process of its own")

    def start(self):
        """Asks for the process. It starts when there is a place for it."""
        self._check_open()
        if self._spawn is not None:
            raise AssertionError("cannot start a process twice")
        if self._target is None:
            raise TypeError("the process has no target: give it the function to run, such as Process(target=run_sim)")
        suite = spawns()
        call = Call(self._target, self._args, self._kwargs)
        (self._spawn,) = suite.ask([(call, self._label, self._name, None)], daemon=self._daemon)
        _alive.add(self)
        suite.when_ended(self._spawn, functools.partial(_alive.discard, self))
        # As Python's: the arguments may be large, and they are on their way.
        del self._target, self._args, self._kwargs

    def join(self, timeout=None):
        """Waits for the end of the process, at most `timeout` seconds."""
        self._check_open()
        if self._spawn is None:
            raise AssertionError("can only join a started process")
        spawns().wait(lambda: self._spawn.ended, timeout)

    def is_alive(self):
        """Whether the process has been started and has not ended. One that waits for its place is alive."""
        self._check_open()
        return self._spawn is not None and not self._spawn.ended

    def terminate(self):
        """Cancels the simulation, as a person would: its process may write its statistics."""
        self._stop(TERMINATE)

    def kill(self):
        """Cancels the simulation at once."""
        self._stop(KILL)

    def _stop(self, how):
        self._check_open()
        if self._spawn is None:
            raise AssertionError("can only stop a started process")
        spawns().stop(self._spawn, how)

    def close(self):
        """Lets go of the process, which must have ended."""
        if self._spawn is not None and not self._spawn.ended:
            raise ValueError("cannot close a process while it is still running: join() it first")
        self._closed = True
        if self._ends is not None:
            self._ends.close()

    @property
    def name(self):
        """The name. One that the script has chosen is the name of the simulation as well."""
        return self._name

    @name.setter
    def name(self, name):
        if not isinstance(name, str):
            raise TypeError("the name of a process must be a text")
        self._name = self._label = name

    @property
    def daemon(self):
        """Whether the end of the script ends the process."""
        return self._daemon

    @daemon.setter
    def daemon(self, daemon):
        if self._spawn is not None:
            raise AssertionError("process has already started")
        self._daemon = bool(daemon)

    @property
    def exitcode(self):
        """0 after a good end, a positive status after another one, -N after signal N. None before the end."""
        self._check_open()
        return None if self._spawn is None else spawns().look_at(self._spawn)

    @property
    def pid(self):
        """The number of the process, None while it waits for its place. A retry has another one."""
        self._check_open()
        return None if self._spawn is None else spawns().pid(self._spawn)

    ident = pid

    @property
    def sentinel(self):
        """A descriptor that is ready when the process has ended, for `multiprocessing.connection.wait`."""
        self._check_open()
        if self._spawn is None:
            raise ValueError("process not started")
        if self._ends is None:
            # Made when it is asked for: ten thousand processes would need more descriptors than there are.
            self._ends = _Sentinel()
            spawns().when_ended(self._spawn, self._ends.ring)
        return self._ends.descriptor

    def _check_open(self):
        if self._closed:
            raise ValueError("process object is closed")

    def __repr__(self):
        if self._closed:
            state = "closed"
        elif self._spawn is None:
            state = "initial"
        elif not self._spawn.ended:
            state = "started"
        else:
            state = "stopped exitcode=%d" % self._spawn.exitcode
        simulation = " simulation=%r" % self._spawn.simulation if self._spawn is not None else ""
        return "<%s name=%r%s %s>" % (type(self).__name__, self._name, simulation, state)

    def __reduce__(self):
        raise TypeError("a Process stays in the script that made it: pass what it returned, or its name")


class _Sentinel:
    """A pipe whose reading end is ready when its writing end has been closed."""

    def __init__(self):
        self.descriptor, self._other = os.pipe()
        self._closed = weakref.finalize(self, os.close, self.descriptor)
        self._rung = weakref.finalize(self, os.close, self._other)

    def ring(self):
        """Makes it ready."""
        self._rung()

    def close(self):
        """Gives both ends back."""
        self._rung()
        self._closed()


class Spawn_gem5Process(Process):
    """The process of a context. Only its default name is another one."""


def _refused(name, instead):
    def refuse(*_args, **_kwargs):
        raise NotImplementedError("%s does not reach from one simulation to another: %s" % (name, instead))

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = "Refused: %s." % instead
    return refuse


_RETURN = "return what a simulation finds out as the value of its function, which Pool.map and its like hand to the script"
_FILES = "write what others shall read to a file in the output directory (m5.options.outdir), and return its path"
_NO_LOCK = "each simulation has an output directory of its own, so there is nothing to guard; let the script decide the order"
_NO_STATE = "pass what a function needs as arguments, and return what it changed"

REFUSED = {
    name: _refused(name, instead)
    for names, instead in (
        ("Queue JoinableQueue SimpleQueue", _RETURN),
        ("Pipe", _RETURN + "; or " + _FILES),
        ("Lock RLock Semaphore BoundedSemaphore Event Condition Barrier", _NO_LOCK),
        ("Manager Value Array RawValue RawArray", _NO_STATE),
        ("set_executable", "the experiment file says which gem5 runs them: set `gem5:` there"),
    )
    for name in names.split()
}


class gem5Context:
    """The one way to start processes here: each in a fresh gem5."""

    _name = "spawn_gem5"
    Process = Spawn_gem5Process
    ProcessError = multiprocessing.ProcessError
    TimeoutError = multiprocessing.TimeoutError
    AuthenticationError = multiprocessing.AuthenticationError
    current_process = staticmethod(multiprocessing.process.current_process)

    def Pool(self, processes=None, initializer=None, initargs=(), maxtasksperchild=1):
        """A Pool, whose every task is a simulation."""
        return _pool.Pool(processes, initializer, initargs, maxtasksperchild)

    def get_context(self, method=None):
        """This context; there is no other."""
        if method not in (None, "spawn", self._name):
            raise ValueError("cannot find context for %r: a gem5 that has begun can only be spawned" % method)
        return self

    def get_start_method(self, allow_none=False):
        """The name of the context."""
        return self._name

    def set_start_method(self, method, force=False):
        """Only the one that there is."""
        self.get_context(method)

    def get_all_start_methods(self):
        """The names of the contexts: one."""
        return [self._name]

    def cpu_count(self):
        """How many processors this machine has. How many simulations run at once is the experiment's affair."""
        return multiprocessing.cpu_count()

    def active_children(self):
        """The processes that have been started and have not ended, those of pools excepted."""
        return list(_alive)

    def freeze_support(self):
        """Nothing to do here."""

    def __getattr__(self, name):
        if name in REFUSED:
            return REFUSED[name]
        raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))


Context = gem5Context
