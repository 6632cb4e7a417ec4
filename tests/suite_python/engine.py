"""A small engine for the tests: it runs one suite and what the suite asks for, as gem5-tui does, and keeps records."""
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ASSETS = os.path.join(REPOSITORY, "assets", "spawn")
# Far longer than anything here takes on a busy machine.
PATIENCE = 100.0
MAX_RESULT_BYTES = 8 << 20


def text_of(name):
    with open(os.path.join(ASSETS, name), encoding="utf-8") as file:
        return file.read()


def sources():
    found = {}
    for name in sorted(os.listdir(os.path.join(ASSETS, "multiprocessing"))):
        if name.endswith(".py"):
            module = "gem5.utils.multiprocessing" + ("" if name == "__init__.py" else "." + name[:-3])
            found[module] = text_of("multiprocessing/" + name)
    return found


def write_whole(path, data):
    with open(path + ".tmp", "wb") as file:
        file.write(data if isinstance(data, bytes) else json.dumps(data).encode())
    os.rename(path + ".tmp", path)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def start(words, message, descriptors, log, cwd, env):
    """Starts a process with its message at descriptor 3 and `descriptors` (a dict) at theirs. Returns its number."""
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps(message).encode())
        given.seek(0)
        out, err = (os.open(log + end, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666) for end in (".out", ".err"))
        empty = os.open(os.devnull, os.O_RDONLY)
        places = {0: empty, 1: out, 2: err, 3: given.fileno(), **descriptors}
        # Away from the places first, so that no move overwrites another.
        copies = {place: os.dup2(there, 20 + place) for place, there in places.items()}
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                for place, there in copies.items():
                    os.dup2(there, place, inheritable=True)
                os.closerange(max(copies) + 1, 64)
                os.chdir(cwd)
                os.execvpe(words[0], words, env)
            finally:
                os._exit(127)
        for there in list(copies.values()) + [out, err, empty]:
            os.close(there)
        return pid


class Simulation:
    """One call, and all its attempts."""

    def __init__(self, request, name, directory):
        self.request, self.name, self.directory = request, name, directory
        self.attempt = 0
        self.pid = None
        self.began = self.ended = None
        self.answer = None
        self.stopped = None


class Engine:
    """Runs the suite in `directory`, where its script lies."""

    def __init__(self, directory, interpreter, one_liner):
        self.directory = directory
        self.interpreter, self.one_liner = interpreter, one_liner
        self.env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        self.options = []
        self.cap = 8
        self.retries = 0
        self.fresh = False
        self.bell = True
        # Called with each simulation that has just started.
        self.on_start = lambda simulation: None
        # Gives the end of a simulation without running it, or None.
        self.known = lambda request: None
        # Called in each round.
        self.on_round = lambda: None
        self.simulations = []
        self.attempts = 0

    @property
    def gem5(self):
        """Whether the interpreter is a gem5."""
        return "gem5" in os.path.basename(self.interpreter)

    def write(self, name, text):
        """A file beside the script."""
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run(self, script, args=()):
        """Runs the script to its end. Returns (status, what it printed, what it printed as errors)."""
        self.attempts += 1
        self.simulations = []
        attempt = os.path.join(self.directory, "runs", "suite", "attempt-%d" % self.attempts)
        self.spawns = os.path.join(attempt, "spawns")
        os.makedirs(self.spawns)
        script = os.path.join(self.directory, script)
        message = {
            "bootstrap": text_of("suite.py"),
            "finder": text_of("finder.py"),
            "sources": sources(),
            "script": script,
            "args": list(args),
            "spawns": self.spawns,
            "fresh": self.fresh,
        }
        words = self._words(attempt) + [script] + list(args)
        log = os.path.join(attempt, "log")
        self.suite = start(words, message, {}, log, self.directory, self.env)
        # Open from now on: the directory may be moved.
        logs = [open(log + end, encoding="utf-8", errors="replace") for end in (".out", ".err")]
        deadline = time.monotonic() + PATIENCE
        try:
            status = None
            while status is None:
                if time.monotonic() > deadline:
                    raise AssertionError("the suite waits for ever\n" + "".join(file.read() for file in logs))
                status = self._ended(self.suite)
                self.suite = None if status is not None else self.suite
                self.on_round()
                self._round()
                time.sleep(0.003)
        finally:
            for pid in [self.suite] + [simulation.pid for simulation in self.simulations]:
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
        return status, logs[0].read(), logs[1].read()

    def most_at_once(self, simulations=None):
        """How many of the simulations ran at the same time, at most."""
        moments = []
        for simulation in simulations or self.simulations:
            moments += [(simulation.began, 1), (simulation.ended, -1)]
        most = now = 0
        for _, change in sorted(moments):
            now += change
            most = max(most, now)
        return most

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def _words(self, directory):
        options = ["--outdir=" + os.path.join(directory, "m5out")] + self.options if self.gem5 else []
        return [self.interpreter] + options + ["-c", self.one_liner]

    @staticmethod
    def _ended(pid):
        found, status = os.waitpid(pid, os.WNOHANG)
        if not found:
            return None
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def _round(self):
        names = os.listdir(self.spawns)
        known = {simulation.request["number"] for simulation in self.simulations}
        for number in sorted(int(name[:-5]) for name in names if re.match(r"[0-9]+\.json\Z", name)):
            if number not in known:
                self._take(read_json(os.path.join(self.spawns, "%d.json" % number)))
        for simulation in self.simulations:
            if simulation.answer is None:
                self._stop_if_asked(simulation)
        for simulation in self.simulations:
            if simulation.answer is None:
                self._advance(simulation)

    def _take(self, request):
        taken = {simulation.name for simulation in self.simulations}
        name = first = "suite." + request["label"]
        for count in range(2, len(taken) + 2):
            if name not in taken:
                break
            name = "%s~%d" % (first, count)
        directory = os.path.join(self.directory, "runs", "run-%d" % self.attempts, name)
        os.makedirs(directory, exist_ok=True)
        simulation = Simulation(request, name, directory)
        self.simulations.append(simulation)
        number = request["number"]
        ended = self.known(request)
        taken = {"format": 1, "simulation": name, "directory": directory, "before": ended is not None}
        write_whole(os.path.join(self.spawns, "%d.taken.json" % number), taken)
        if ended is not None:
            self._answer(simulation, dict(ended, number=number, before=True))

    def _stop_if_asked(self, simulation):
        try:
            how = read_json(os.path.join(self.spawns, "%d.stop.json" % simulation.request["number"]))["how"]
        except FileNotFoundError:
            return
        if how != simulation.stopped:
            simulation.stopped = how
            if simulation.pid is not None:
                os.kill(simulation.pid, signal.SIGKILL if how == "kill" else signal.SIGTERM)

    def _has_place(self, simulation):
        running = [other for other in self.simulations if other.pid is not None]
        pool = simulation.request["pool"]
        if len(running) >= self.cap:
            return False
        if pool is None or pool["processes"] is None:
            return True
        return sum(other.request["pool"] == pool for other in running) < pool["processes"]

    def _advance(self, simulation):
        if simulation.pid is None:
            if simulation.stopped is not None:
                self._answer(simulation, self._end(simulation, "cancelled", "cancelled by the script", None))
            elif self._has_place(simulation):
                self._start(simulation)
            return
        status = self._ended(simulation.pid)
        if status is None:
            return
        simulation.pid = None
        simulation.ended = time.monotonic()
        ending = {"signal": -status} if status < 0 else {"code": status}
        result = self._result(simulation, status)
        # A good end is one, whatever the function has left out.
        good = status == 0 and result["kind"] != "raised"
        if not good and simulation.stopped is None and simulation.attempt <= self.retries:
            return
        if good:
            outcome, line = "ok", "exit code 0"
        elif simulation.stopped is not None:
            outcome, line = "cancelled", "cancelled by the script"
        elif result["kind"] == "raised":
            outcome, line = "failed", "%s: %s" % (result["exception"], result["message"])
        else:
            outcome, line = "killed", "ended with %s" % ending
        self._answer(simulation, self._end(simulation, outcome, line, ending))

    def _start(self, simulation):
        simulation.attempt += 1
        simulation.began = simulation.began or time.monotonic()
        place = self._place(simulation)
        os.makedirs(place)
        request = simulation.request
        message = {
            "bootstrap": text_of("call.py"),
            "finder": text_of("finder.py"),
            "sources": sources(),
            "module": request["module"],
            "function": request["function"],
            "args": [],
            "kwargs": {},
            "search_path": self.directory,
            "max_result_bytes": MAX_RESULT_BYTES,
            "pickled": os.path.join(self.spawns, "%d.pickle" % request["number"]),
        }
        words = self._words(place) + ["--multiprocessing-fork"]
        with open(os.path.join(place, "sent"), "wb") as sent, open(os.path.join(place, "value.part"), "wb") as value:
            descriptors = {4: sent.fileno(), 5: value.fileno()}
            simulation.pid = start(words, message, descriptors, os.path.join(place, "log"), self.directory, self.env)
        write_whole(os.path.join(place, "started.json"), {"format": 1, "gem5": {"pid": simulation.pid}})
        self.on_start(simulation)

    def _result(self, simulation, status):
        place = self._place(simulation)
        with open(os.path.join(place, "sent"), "rb") as file:
            sent = file.read()
        result = json.loads(sent.decode()) if sent else {"kind": "none", "reason": "no result (%d)" % status}
        if result.get("pickled"):
            os.rename(os.path.join(place, "value.part"), os.path.join(place, "value.pickle"))
        write_whole(os.path.join(place, "result.json"), {"format": 1, "result": result})
        return result

    def _place(self, simulation):
        return os.path.join(simulation.directory, "attempt-%d" % simulation.attempt)

    def _end(self, simulation, outcome, line, ending):
        return {
            "format": 1,
            "number": simulation.request["number"],
            "simulation": simulation.name,
            "attempt": simulation.attempt,
            "directory": self._place(simulation) if simulation.attempt else None,
            "ok": outcome == "ok",
            "outcome": outcome,
            "line": line,
            "exit": ending,
            "before": False,
        }

    def _answer(self, simulation, answer):
        simulation.answer = answer
        write_whole(os.path.join(self.spawns, "%d.answer.json" % simulation.request["number"]), answer)
        if not self.bell:
            return
        try:
            bell = os.open(os.path.join(self.spawns, "bell"), os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            # Nobody listens, or there is none.
            if error.errno not in (errno.ENXIO, errno.ENOENT):
                raise
            return
        try:
            os.write(bell, b"\0")
        except BlockingIOError:
            pass
        finally:
            os.close(bell)


def plain(words, cwd, env):
    """Runs a program without any engine. Returns (status, output, errors)."""
    found = subprocess.run(
        words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE
    )
    return found.returncode, found.stdout.decode(errors="replace"), found.stderr.decode(errors="replace")
