"""The machine: what kind it is, hushing it while something is measured, and which gem5-tui is on it.

It is told by what decides figures (cores, kernel, memory, file systems), and never by its name.
"""

import contextlib
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import threading

import settings

#: The sources that a program is built from.
SOURCES = ("src", "assets", "Cargo.toml", "Cargo.lock")

paused = False


def resume():
    """Wakes the machine, if it was hushed."""
    global paused
    if paused and settings.RESUME:
        subprocess.run(settings.RESUME, stderr=subprocess.DEVNULL)
    paused = False


@contextlib.contextmanager
def quiet(most=230):
    """Hushes the machine; wakes it again whatever happens, and after `most` seconds in any case."""
    global paused
    if not settings.PAUSE:
        yield
        return
    subprocess.run(settings.PAUSE, stderr=subprocess.DEVNULL)
    paused = True
    timer = threading.Timer(most, resume)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        resume()


def file_system(path, table=None):
    """The kind of the file system that a path is on; `table` is the text of a mountinfo, see proc_pid_mountinfo(5)."""
    path = os.path.realpath(path)
    best, kind = -1, "unknown"
    for line in (table or pathlib.Path("/proc/self/mountinfo").read_text()).splitlines():
        mount, _, rest = line.partition(" - ")
        point = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), mount.split()[4])
        # Of two that are mounted on one place the later one is seen.
        if (path + "/").startswith(point.rstrip("/") + "/") and len(point) >= best:
            best, kind = len(point), rest.split()[0]
    return kind


@functools.cache
def description():
    """What kind of machine this is."""
    memory = re.search(r"^MemTotal:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.M)
    kernel = re.match(r"[\d.]*\d", os.uname().release)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "kernel": f"{os.uname().sysname} {kernel[0] if kernel else 'unknown'}",
        "memory_gib": round(int(memory[1]) / (1 << 20)) if memory else None,
        "disk": file_system(settings.ROOT),
        "ram": file_system(settings.RAM),
    }


def git(*arguments):
    """What git says of these sources, or nothing."""
    try:
        done = subprocess.run(["git", "-C", str(settings.REPOSITORY), *arguments], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@functools.cache
def version():
    """The version of the program, and the commit that it was built from, as far as that is known."""
    said = subprocess.run([settings.PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    if not pathlib.Path(settings.PROGRAM).is_relative_to(settings.REPOSITORY / "target"):
        digest = hashlib.sha256(pathlib.Path(settings.PROGRAM).read_bytes()).hexdigest()
        return f"{said}, built elsewhere (SHA-256 {digest[:12]}…)"
    commit = git("rev-parse", "--short", "HEAD")
    if not commit:
        return f"{said}, commit unknown"
    files = [path for name in SOURCES for path in (settings.REPOSITORY / name).glob("**/*") if path.is_file()]
    files += [settings.REPOSITORY / name for name in SOURCES if (settings.REPOSITORY / name).is_file()]
    built = os.stat(settings.PROGRAM).st_mtime
    if any(path.stat().st_mtime > built for path in files):
        return f"{said}, of sources before {commit}"
    return f"{said}, {commit}" + (" with changes" if git("status", "--porcelain", "--", *SOURCES) else "")
