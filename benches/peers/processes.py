"""Processes: running one to its end, and what the kernel says that one uses."""

import atexit
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

import settings

TICK = os.sysconf("SC_CLK_TCK")
CPUCLOCK_SCHED = 2  # Which clock of a process, as the kernel numbers them.

crowd = []  # Processes that stand beside simulations and sleep.


class Used:
    """What a command used: wall time, CPU time of all that it waited for, and of that its own. In seconds."""

    def __init__(self, wall, usage, own, others, code):
        self.wall, self.cpu, self.code = wall, usage.ru_utime + usage.ru_stime, code
        # The sum is known to the microsecond, but each of its two parts in ticks only, rounded down: its own part as it is
        # told is too small, and what the others leave of the sum too large. The mean is neither.
        self.own = (own + max(0.0, self.cpu - others)) / 2
        self.others = self.cpu - self.own


def timed(argv, cwd=None, stdin=None, environment=None, sample=None):
    """Runs a command to its end. `sample(pid)` is called ten times a second meanwhile."""
    start = time.perf_counter()
    source = subprocess.PIPE if stdin is not None else subprocess.DEVNULL
    child = subprocess.Popen(argv, cwd=cwd, env=environment or settings.ENVIRONMENT, stdin=source,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(stdin)
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
    stop = threading.Event()

    def look():
        while not stop.wait(0.1):
            sample(child.pid)

    if sample:
        thread = threading.Thread(target=look)
        thread.start()
    # It is looked at between its end and its removal: its figures are final then, and still there.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    wall = time.perf_counter() - start
    user, system, others_user, others_system = times(child.pid)
    stop.set()
    if sample:
        thread.join()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Used(wall, usage, user + system, others_user + others_system, child.returncode)


def times(pid):
    """Seconds of a process and of what it has waited for: utime, stime, cutime, cstime of proc_pid_stat(5)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return tuple(int(field) / TICK for field in fields[11:15])


def state(pid):
    """The letter of its state, such as S or T."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split(None, 1)[0]


def threads(pid):
    """How many threads it has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def descriptors(pid):
    """How many descriptors it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def children(pid):
    """What its threads have started and not waited for yet."""
    return [int(word) for text in of_threads(pid, "children") for word in text.split()]


def of_threads(pid, name):
    """The text of a file of each thread that lives."""
    for path in pathlib.Path(f"/proc/{pid}/task").glob(f"*/{name}"):
        with contextlib.suppress(OSError):
            yield path.read_text()


def cpu_ns(pid):
    """Nanoseconds on a processor, of all its threads, also of those that have ended: its CPU clock (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)


def wakeups(pid):
    """How often each of its threads has gone to sleep by itself. One that has ended tells nothing any more."""
    found = (re.search(r"^Pid:\s+(\d+)$.*^voluntary_ctxt_switches:\s+(\d+)", text, re.M | re.S) for text in of_threads(pid, "status"))
    return {int(one[1]): int(one[2]) for one in found if one}


def kib(path, key):
    """A figure of a file below /proc in bytes, or None."""
    try:
        found = re.search(rf"^{key}:\s+(\d+) kB", pathlib.Path(path).read_text(), re.M)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def pss(pid, key="Pss"):
    """Its memory with its share of what it has in common with others, in MB; none of a process that is gone."""
    size = kib(f"/proc/{pid}/smaps_rollup", key)
    return [] if size is None else [size / 1e6]


def high_water(pid):
    """The largest resident set that it has had, in bytes; 0 of one that is gone."""
    return kib(f"/proc/{pid}/status", "VmHWM") or 0


def peak(argv, cwd=None):
    """The largest resident set of a command in MB; none without GNU time. Of a child of ours the kernel also counts what we had
    at its fork, so a small program stands between."""
    if not shutil.which("/usr/bin/time"):
        return []
    path = settings.ROOT / "peak"
    subprocess.run(["/usr/bin/time", "-f", "%M", "-o", str(path), *argv], cwd=cwd, env=settings.ENVIRONMENT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [int(path.read_text().split()[-1]) * 1024 / 1e6]


def wait_for(what, limit=60, every=0.02):
    """Waits until something is true, and answers with it."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(every)
    raise TimeoutError(f"waited {limit} s")


def disperse():
    """Ends the crowd."""
    for child in crowd:
        if child.poll() is None:
            child.kill()
        child.wait()
    crowd.clear()


def sleeping(count):
    """So many sleeping processes, in place of those before."""
    disperse()
    crowd.extend(subprocess.Popen(["sleep", "100000"], start_new_session=True) for _ in range(count))
    return list(crowd)


atexit.register(disperse)
