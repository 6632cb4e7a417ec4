"""`Pool` and its results, with the words of Python's multiprocessing.

A pool has no workers: each task is one call in a fresh gem5, all are asked for at once, and the engine holds to the
number of processes. So no two tasks ever share a gem5, and the death of one is the failure of one.
"""
import functools
import itertools
import multiprocessing

from ._call import Call
from ._spawns import TERMINATE, spawns

_pools = itertools.count(1)
_RUN, _CLOSED, _TERMINATED = "run", "close", "terminate"


class Pool:
    """Runs functions on many arguments, at most `processes` at once, each in a fresh gem5."""

    def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=1, context=None):
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasksperchild != 1:
            raise ValueError(
                "maxtasksperchild must be 1, which is what it is if not given: a gem5 simulates one system in its life"
            )
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._suite = spawns()
        self._initializer, self._initargs = initializer, tuple(initargs)
        self._request = {"number": next(_pools), "processes": processes}
        self._names = itertools.count(1)
        self._state = _RUN
        # Those that have not ended, by number.
        self._spawns = {}

    def apply(self, func, args=(), kwds={}):
        """The value of one call."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(self, func, args=(), kwds={}, callback=None, error_callback=None):
        """One call, to be waited for later."""
        return ApplyResult(self, [self._call(func, args, kwds)], callback, error_callback)

    def map(self, func, iterable, chunksize=None):
        """The values for each element, in order. If one fails, that is raised when all have ended."""
        return self.map_async(func, iterable, chunksize).get()

    def map_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        """As `map`, to be waited for later."""
        return self.starmap_async(func, ((one,) for one in iterable), chunksize, callback, error_callback)

    def starmap(self, func, iterable, chunksize=None):
        """As `map`, where each element is the tuple of the arguments."""
        return self.starmap_async(func, iterable, chunksize).get()

    def starmap_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        """As `starmap`, to be waited for later."""
        return MapResult(self, [self._call(func, args, {}) for args in iterable], callback, error_callback)

    def imap(self, func, iterable, chunksize=1):
        """An iterator over the values in the order of the elements."""
        return IMapIterator(self, [self._call(func, (one,), {}) for one in iterable])

    def imap_unordered(self, func, iterable, chunksize=1):
        """An iterator over the values in the order in which they come."""
        return IMapUnorderedIterator(self, [self._call(func, (one,), {}) for one in iterable])

    def close(self):
        """No more tasks. Those that there are go on."""
        if self._state == _RUN:
            self._state = _CLOSED

    def terminate(self):
        """Cancels all tasks that have not ended."""
        self._state = _TERMINATED
        for spawn in list(self._spawns.values()):
            self._suite.stop(spawn, TERMINATE)

    def join(self):
        """Waits until all tasks have ended. To be called after `close()` or `terminate()`."""
        if self._state == _RUN:
            raise ValueError("Pool is still running")
        for spawn in list(self._spawns.values()):
            self._suite.wait(lambda spawn=spawn: spawn.ended)

    def __enter__(self):
        self._check_running()
        return self

    def __exit__(self, kind, _error, _traceback):
        # When the script has failed, what runs may be of use to its next run: the experiment decides what becomes of it.
        if kind is None:
            self.terminate()

    def __reduce__(self):
        raise TypeError("pool objects cannot be passed between processes or pickled")

    def _check_running(self):
        if self._state != _RUN:
            raise ValueError("Pool not running")

    def _call(self, func, args, kwargs):
        self._check_running()
        return Call(func, args, kwargs, self._initializer, self._initargs)

    def _ask(self, calls, on_end):
        """Asks for all calls at once. `on_end(index, spawn)` is called at the end of each."""
        self._check_running()

        def ended(index, spawn):
            on_end(index, spawn)
            self._spawns.pop(spawn.number, None)

        asked = []
        for index, call in enumerate(calls):
            name = "Spawn_gem5PoolWorker-%d" % next(self._names)
            asked.append((call, None, name, functools.partial(ended, index)))
        for spawn in self._suite.ask(asked, daemon=True, pool=self._request, wants_value=True):
            # The first may have ended before the last was asked for.
            if not spawn.ended:
                self._spawns[spawn.number] = spawn


class MapResult:
    """The values of several calls, when they have come."""

    def __init__(self, pool, calls, callback, error_callback):
        self._suite = pool._suite
        self._values = [None] * len(calls)
        self._failures = {}
        self._left = len(calls)
        self._callback, self._error_callback = callback, error_callback
        self._ready = not calls
        pool._ask(calls, self._ended)

    def get(self, timeout=None):
        """The values. Raises what the first failed call has raised, and `TimeoutError` if the time is over before."""
        self.wait(timeout)
        if not self._ready:
            raise multiprocessing.TimeoutError()
        if self._failures:
            raise self._failure()
        return self._value()

    def wait(self, timeout=None):
        """Waits for all, at most `timeout` seconds."""
        self._suite.wait(lambda: self._ready, timeout)

    def ready(self):
        """Whether all have ended."""
        return self._ready

    def successful(self):
        """Whether all have ended well."""
        if not self._ready:
            raise ValueError("%r not ready" % (self,))
        return not self._failures

    def _value(self):
        return self._values

    def _failure(self):
        return self._failures[min(self._failures)]

    def _ended(self, index, spawn):
        # All ends come in one thread.
        if spawn.failure is not None:
            self._failures[index] = spawn.failure
        self._values[index] = spawn.value
        # The value has one place from here on, where the script can let go of it.
        spawn.value = None
        self._left -= 1
        if self._left > 0:
            return
        try:
            if self._failures and self._error_callback is not None:
                self._error_callback(self._failure())
            elif not self._failures and self._callback is not None:
                self._callback(self._value())
        finally:
            self._ready = True

    def __reduce__(self):
        raise TypeError("a result that may not have come yet cannot be passed to another process: pass what get() returns")


class ApplyResult(MapResult):
    """The value of one call, when it has come."""

    def _value(self):
        return self._values[0]


AsyncResult = ApplyResult


class IMapIterator:
    """The values of several calls, one after the other. A call that failed raises when it is its turn."""

    def __init__(self, pool, calls):
        self._suite = pool._suite
        self._ended_spawns = {}
        self._next = 0
        self._count = len(calls)
        pool._ask(calls, self._ended)

    def __iter__(self):
        return self

    def next(self, timeout=None):
        """The next value. `TimeoutError` if it has not come within `timeout` seconds."""
        if self._next == self._count:
            raise StopIteration
        if not self._suite.wait(lambda: self._next in self._ended_spawns, timeout):
            raise multiprocessing.TimeoutError()
        spawn = self._ended_spawns.pop(self._next)
        self._next += 1
        if spawn.failure is not None:
            raise spawn.failure
        return spawn.value

    __next__ = next

    def _ended(self, index, spawn):
        self._ended_spawns[self._place(index)] = spawn

    def _place(self, index):
        return index

    def __reduce__(self):
        raise TypeError("an iterator over results cannot be passed to another process: pass its values")


class IMapUnorderedIterator(IMapIterator):
    """The values in the order in which they come."""

    def __init__(self, pool, calls):
        self._places = itertools.count()
        super().__init__(pool, calls)

    def _place(self, _index):
        return next(self._places)
