"""The directory in which a suite asks for simulations and finds their ends.

Each call has a number N. `N.pickle` and `N.json` are written here and ask for it; whatever engine lives makes a simulation
of it, and writes `N.answer.json` when that has ended, after all retries. Both come by renaming, so a file that is there is
whole. Nothing travels by pipe or socket: engines may die and be replaced while the suite waits.

One thread waits for all answers. The engine rings a bell after new ones, a FIFO; but a bell is heard on one host only, and
there are file systems without FIFOs, so the thread also looks by itself, less and less often.
"""
import collections
import errno
import itertools
import json
import os
import pickle
import select
import signal
import sys
import threading
import time
import traceback

from . import _key
from ._call import Call, SourceFiles
from ._failure import RemoteTraceback, SimulationFailed

FORMAT = 1
# How long to sleep between two looks: at first, and when nothing has come for a while.
SHORTEST, LONGEST = 0.02, 1.0
# A look lists the directory, which takes some milliseconds when there are ten thousand calls: at most one part in fifty of
# the time goes into it. For a few calls it only tries their files.
SHARE = 50
FEW = 64

TERMINATE, KILL = "terminate", "kill"
_SIGNALS = {TERMINATE: signal.SIGTERM, KILL: signal.SIGKILL}


class Spawn:
    """One call that the engine was asked for. Everything but `number` and `simulation` is known only when it has `ended`."""

    def __init__(self, number, label, daemon, wants_value, on_end):
        self.number = number
        # Whether the end of the script ends it, too. It is waited for otherwise.
        self.daemon = daemon
        # Until the engine has said how it is called.
        self.simulation = label
        self.ended = False
        # The exception that stands for the end, None if the end was good.
        self.failure = None
        self.value = None
        # As that of a Process: 0, a positive status, or a negative signal.
        self.exitcode = None
        # How the script has asked to stop it, None if it has not.
        self.stopped = None
        # Whether its result was there before, and why not, if there was one that does not count.
        self.before = False
        self.because = []
        self.wants_value = wants_value
        # Called just before it has `ended`, and just after.
        self._on_end = on_end
        self.when_ended = []

    def finish(self, answer):
        """Takes the engine's answer. Runs in the thread that waits, and never raises."""
        try:
            self._take(answer)
        except BaseException as error:
            # Such as a value of a class that cannot be imported here, or one that calls sys.exit() when it is read.
            cause = "its end is not readable: %s: %s" % (type(error).__name__, _words(error))
            self.failure = self._failed("unreadable", cause, answer)
            self.failure.__cause__ = error
            self.exitcode = self.exitcode or 1
        try:
            if self.failure is not None and self.stopped is None:
                _report(_line(self.failure))
        except Exception:
            # Such as a standard error that nobody reads any more.
            pass
        try:
            if self._on_end is not None:
                self._on_end(self)
        except BaseException:
            # A callback of the script's: one that fails, or calls sys.exit(), must not keep the others from their values.
            traceback.print_exc()

    def _take(self, answer):
        self.simulation = answer.get("simulation") or self.simulation
        self.before, self.because = bool(answer.get("before")), answer.get("because") or []
        self.exitcode = self._exitcode(answer)
        if answer.get("ok") and not self.wants_value:
            return
        directory = answer.get("directory")
        result = {"kind": "none", "reason": answer.get("line")}
        if directory is not None and os.path.exists(os.path.join(directory, "result.json")):
            with open(os.path.join(directory, "result.json"), "rb") as file:
                result = json.loads(file.read().decode("utf-8"))["result"]
        if result["kind"] == "returned" and answer.get("ok"):
            self.value = _unpickled(directory) if result.get("pickled") else result.get("value")
        elif result["kind"] == "raised":
            self.failure = self._raised(result, answer)
        elif answer.get("ok"):
            # Such as os._exit(0): a good end to the engine, and no value to the script.
            self.failure = self._failed("no-value", result.get("reason"), answer)
        else:
            self.failure = self._failed(answer.get("outcome"), answer.get("line") or result.get("reason"), answer)

    def _raised(self, result, answer):
        """The child's own exception, or one that tells of it where it cannot be had here."""
        error = None
        try:
            error = _unpickled(answer["directory"]) if result.get("pickled") else None
        except Exception:
            # Its class is one that only the child could import.
            pass
        if not isinstance(error, Exception):
            cause = "%s: %s" % (result.get("exception"), result.get("message"))
            if result.get("exception") == "KeyboardInterrupt":
                # So Python says that it was interrupted, and the engine says by whom.
                cause = answer.get("line") or cause
            error = self._failed(answer.get("outcome"), cause, answer)
        where = "%s, in %s\n%s" % (self.simulation, answer["directory"], result.get("traceback", ""))
        error.__cause__ = RemoteTraceback(where)
        return error

    def _failed(self, outcome, cause, answer):
        return SimulationFailed(self.simulation, outcome or "failed", cause or "no cause is known", answer.get("directory"))

    def _exitcode(self, answer):
        ended = answer.get("exit") or {}
        if answer.get("ok"):
            return ended.get("code") or 0
        if ended.get("signal"):
            return -ended["signal"]
        if self.stopped is not None and not ended.get("code"):
            return -_SIGNALS[self.stopped]
        # A status of 0 does not make it good: what it was to show may be missing.
        return ended.get("code") or 1


class Spawns:
    """All calls of this suite. Its methods may be called from any thread."""

    def __init__(self, directory, fresh, sources):
        self._process = os.getpid()
        self._fresh = fresh
        self._sources = sources
        # By descriptor: the directory may be moved while the suite runs.
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        self._numbers = itertools.count(1)
        self._occurrences = {}
        self._waited_for = {}
        # Those that failed, and nobody has been told: a value that is missing is noticed, an exit code may not be.
        self._unread = {}
        # How many results were there before, and how many were not for which reasons.
        self._before, self._again = 0, collections.Counter()
        self._changed = threading.Condition()
        self._thread = None
        self._bell = self._bell_ends = None

    def ask(self, calls, daemon, pool=None, wants_value=False):
        """Asks for `calls`, each a tuple (call, its label or None, the name of its process, what to do before it has ended).

        All the calls are known before the first file is written, so a call that is wrong starts nothing.
        """
        if self._is_forked():
            raise RuntimeError(
                "only the process that runs the suite's script starts simulations, and this one was forked from it: "
                "call start() and the methods of the Pool in the script's own process"
            )
        try:
            return [self._ask_one(*call, daemon=daemon, pool=pool, wants_value=wants_value) for call in calls]
        finally:
            # The thread may wait for nothing but this, now that there is something to wait for.
            if self._bell is not None:
                self._ring()

    def _ask_one(self, call, label, name, on_end, daemon, pool, wants_value):
        with self._changed:
            spawn = Spawn(next(self._numbers), label or call.label(), daemon, wants_value, on_end)
            occurrence = self._occurrences[call.key] = self._occurrences.get(call.key, 0) + 1
        self._write("%d.pickle" % spawn.number, pickle.dumps(call.environment(name), _key.PROTOCOL))
        request = {
            "format": FORMAT,
            "number": spawn.number,
            "label": spawn.simulation,
            "module": call.module,
            "function": call.function,
            "parameters": call.parameters(),
            "key": call.key,
            "occurrence": occurrence,
            "modules": self._sources.of(call.module, call.used),
            "pool": pool,
            "fresh": self._fresh,
        }
        # Waited for before the engine can answer.
        with self._changed:
            self._waited_for[spawn.number] = spawn
            self._listen()
        try:
            self._write_json("%d.json" % spawn.number, request)
        except BaseException:
            with self._changed:
                self._waited_for.pop(spawn.number, None)
            raise
        return spawn

    def stop(self, spawn, how):
        """Asks the engine to cancel a call. The end comes as every end does."""
        if self._is_forked():
            # It leaves a `with Pool(…)` that is not its own.
            return
        with self._changed:
            if spawn.ended or spawn.stopped == KILL:
                return
            spawn.stopped = how
        self._write_json("%d.stop.json" % spawn.number, {"format": FORMAT, "how": how})

    def wait(self, is_true, timeout=None):
        """Waits until `is_true()`, which must depend on nothing but ends of calls. Returns whether it is."""
        with self._changed:
            if threading.current_thread() is self._thread and not is_true():
                raise RuntimeError("a callback must not wait for another result: the results come after it")
            if self._is_forked() and not is_true():
                raise RuntimeError("only the process that runs the suite's script waits for results")
            return self._changed.wait_for(is_true, timeout)

    def when_ended(self, spawn, function):
        """Calls `function()` as soon as the call has ended, which may be now."""
        with self._changed:
            if not spawn.ended:
                spawn.when_ended.append(function)
                return
        function()

    def pid(self, spawn):
        """The process that runs the call, None while there is none. The numbers are those of the machine that runs it."""
        try:
            directory = self._read("%d.taken.json" % spawn.number)["directory"]
            attempts = [name for name in os.listdir(directory) if name.startswith("attempt-") and name[8:].isdigit()]
            newest = max(attempts, key=lambda name: int(name[8:]))
            with open(os.path.join(directory, newest, "started.json"), "rb") as file:
                return json.loads(file.read().decode("utf-8"))["gem5"]["pid"]
        except (OSError, ValueError, KeyError):
            return None

    def end_of_script(self):
        """The script has run to its end: what it has left running ends as with Python's own processes, and it answers
        for the failures that it has not looked at. Returns what is to be said of these."""
        if self._is_forked():
            return []
        with self._changed:
            left = list(self._waited_for.values())
        for spawn in left:
            if spawn.daemon:
                self.stop(spawn, TERMINATE)
        self.wait(lambda: not self._waited_for)
        self._tell_of_before()
        with self._changed:
            unread = [self._unread[number] for number in sorted(self._unread)]
        if not unread:
            return []
        head = "%s.SimulationFailed: the script did not look at the exitcode of what failed:" % SimulationFailed.__module__
        return [head] + ["  " + _line(spawn.failure) for spawn in unread]

    def _tell_of_before(self):
        """Says what was not simulated because it was there, and why the rest was, where there was something before."""
        with self._changed:
            again = ["%d simulated again: %s" % (count, because) for because, count in self._again.most_common()]
            if self._before or again:
                _report("; ".join(["%d from before" % self._before] + again))

    def look_at(self, spawn):
        """The script has asked how a call has ended. Returns its exit code, None while it runs."""
        with self._changed:
            if not spawn.ended:
                return None
            self._unread.pop(spawn.number, None)
            return spawn.exitcode

    def _is_forked(self):
        """Whether this process is a copy of the suite's, in which no thread waits for answers."""
        return os.getpid() != self._process

    # Files.

    def _write_json(self, name, content):
        self._write(name, json.dumps(content).encode("ascii"))

    def _write(self, name, data):
        temporary = ".%s.tmp" % name
        # Whoever else could write a request could have things run: the engine reads none such, whatever the umask is.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self._directory)
        with open(descriptor, "wb") as file:
            file.write(data)
        os.rename(temporary, name, src_dir_fd=self._directory, dst_dir_fd=self._directory)

    def _read(self, name):
        with open(os.open(name, os.O_RDONLY, dir_fd=self._directory), "rb") as file:
            return json.loads(file.read().decode("utf-8"))

    # The thread that waits.

    def _listen(self):
        if self._thread is None:
            self._bell = self._make_bell()
            self._thread = threading.Thread(target=self._attend, name="gem5-tui", daemon=True)
            self._thread.start()

    def _make_bell(self):
        try:
            os.mkfifo("bell", 0o600, dir_fd=self._directory)
        except FileExistsError:
            pass
        except OSError:
            return self._silent_bell()
        try:
            # For writing as well: it never is at its end, and it is how we wake the thread ourselves.
            bell = os.open("bell", os.O_RDWR | os.O_NONBLOCK, dir_fd=self._directory)
        except OSError:
            return self._silent_bell()
        return bell, bell

    @staticmethod
    def _silent_bell():
        ends = os.pipe()
        for end in ends:
            os.set_blocking(end, False)
        return ends

    def _ring(self):
        try:
            os.write(self._bell[1], b"\0")
        except BlockingIOError:
            # It is full, so it rings.
            pass

    def _attend(self):
        poll = select.poll()
        poll.register(self._bell[0], select.POLLIN)
        pause, earliest = SHORTEST, 0.0
        while True:
            # With nothing to wait for, only the next call wakes the thread.
            if poll.poll(pause * 1000 if self._waited_for else None):
                self._silence()
                pause = SHORTEST
            now = time.monotonic()
            if now < earliest:
                time.sleep(earliest - now)
            began = time.monotonic()
            try:
                found = self._look()
            except Exception:
                # Such as too many open files. Whatever it is, those who wait must hear of the next answers.
                traceback.print_exc()
                found = False
            earliest = time.monotonic() + (time.monotonic() - began) * SHARE
            pause = SHORTEST if found else min(2 * pause, LONGEST)

    def _silence(self):
        try:
            while len(os.read(self._bell[0], 4096)) == 4096:
                pass
        except BlockingIOError:
            pass

    def _look(self):
        """Takes the answers that are there. Returns whether there were any."""
        with self._changed:
            waited_for = dict(self._waited_for)
        try:
            numbers = self._answered(waited_for)
        except OSError as error:
            # The directory was removed, and no answer can come any more. All other troubles of a disk may pass.
            if error.errno not in (errno.ENOENT, errno.ESTALE):
                return False
            cause = "the directory of the suite's calls is gone: %s" % error
            for spawn in waited_for.values():
                self._end(spawn, {"outcome": "lost", "line": cause})
            return True
        found = False
        for number in numbers:
            try:
                answer = self._where_it_is(self._read("%d.answer.json" % number))
            except OSError:
                # It is not there yet, or not readable yet.
                continue
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                answer = {"outcome": "unreadable", "line": "the engine's answer is damaged: %s" % error}
            self._end(waited_for[number], answer)
            found = True
        return found

    def _answered(self, waited_for):
        """The calls that may have an answer by now."""
        # Opened anew, because on a network file system that is what asks the server.
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._directory)
        try:
            if os.fstat(descriptor).st_nlink == 0:
                raise OSError(errno.ENOENT, "it was removed")
            if len(waited_for) <= FEW:
                return list(waited_for)
            names = os.listdir(descriptor)
        finally:
            os.close(descriptor)
        split = [name.partition(".") for name in names]
        answered = [int(number) for number, _, rest in split if rest == "answer.json" and number.isdigit()]
        return [number for number in sorted(answered) if number in waited_for]

    def _where_it_is(self, answer):
        """The answer with the directory of the attempt as it is called now: it may have been moved with all the others."""
        directory, number = answer.get("directory"), answer.get("attempt")
        if directory is None or not number or os.path.isdir(directory):
            return answer
        try:
            here = os.readlink("/proc/self/fd/%d" % self._directory)
        except OSError:
            return answer
        experiment = os.path.dirname(os.path.dirname(os.path.dirname(here)))
        moved = os.path.join(experiment, answer["simulation"], "attempt-%d" % number)
        return dict(answer, directory=moved) if os.path.isdir(moved) else answer

    def _end(self, spawn, answer):
        spawn.finish(answer)
        with self._changed:
            spawn.ended = True
            self._before += spawn.before
            if spawn.because:
                self._again[", ".join(spawn.because)] += 1
            self._waited_for.pop(spawn.number, None)
            # What the script has stopped itself has not failed.
            if spawn.failure is not None and spawn.stopped is None and not spawn.wants_value:
                self._unread[spawn.number] = spawn
            self._changed.notify_all()
        for function in spawn.when_ended:
            function()


def _unpickled(directory):
    with open(os.path.join(directory, "value.pickle"), "rb") as file:
        return pickle.load(file)


def _line(failure):
    if isinstance(failure, SimulationFailed):
        return str(failure)
    where = failure.__cause__.text.partition("\n")[0]
    return "%s: %s: %s" % (where, type(failure).__name__, _words(failure))


def _words(error):
    """What an exception says, which may be of a class of the script's."""
    try:
        return str(error)
    except Exception as failed:
        return "<its str() failed: %s>" % type(failed).__name__


def _report(line):
    if sys.stderr is not None:
        print("gem5-tui: " + line, file=sys.stderr, flush=True)


# The one suite of this process.

_state = __spec__.loader_state
_spawns = None
_making = threading.Lock()


def end_of_script():
    """See `Spawns.end_of_script`."""
    return _spawns.end_of_script() if _spawns is not None else []


def spawns():
    """The calls of this suite. Raises in a process that is not a suite's."""
    global _spawns
    if _state is None:
        raise RuntimeError(
            "only the script of a suite starts processes, and this one was started by it: return what is to be done next, "
            "and let the script start it"
        )
    with _making:
        if _spawns is None:
            _spawns = Spawns(_state["spawns"], _state["fresh"], SourceFiles(_state["directory"], _state["script"]))
        return _spawns
