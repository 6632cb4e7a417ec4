"""Where and how is measured: read from the environment and the command line once, and asked by all modules.

GEM5_TUI      the program; the release build of these sources when left out
BENCH_ROOT    what is made lies here, on the disk that is measured, and so does `results.jsonl`
BENCH_RAM     the same on a tmpfs, for what a disk shall not decide
BENCH_RUN     sockets; a short path, because the kernel takes no long one
BENCH_PAUSE   a command that hushes the machine before a measurement, and
BENCH_RESUME  one that wakes it after
"""

import os
import pathlib
import shlex
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(os.environ.get("GEM5_TUI", REPOSITORY / "target/release/gem5-tui"))

# /var/tmp is on a disk where /tmp is not. The names are a user's own: an engine begins in no directory of another one.
ROOT = pathlib.Path(os.environ.get("BENCH_ROOT", f"/var/tmp/gem5-tui-bench-{os.getuid()}"))
RAM = pathlib.Path(os.environ.get("BENCH_RAM", f"/dev/shm/gem5-tui-bench-{os.getuid()}"))
RUN = pathlib.Path(os.environ.get("BENCH_RUN", f"/tmp/gem5-tui-run-{os.getuid()}"))

PAUSE = shlex.split(os.environ.get("BENCH_PAUSE", ""))
RESUME = shlex.split(os.environ.get("BENCH_RESUME", ""))

# A Python that is a launcher of another one would be measured as a peer that is slower than it is.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable

ENVIRONMENT = dict(
    os.environ,
    XDG_RUNTIME_DIR=str(RUN),
    XDG_CACHE_HOME=str(ROOT / "cache"),
    TERM="xterm-256color",
    LC_ALL="C.UTF-8",
    LESS="",
    LESSSECURE="0",
    HTOPRC="/dev/null",
)
ENVIRONMENT.pop("TMUX", None)

rounds = 5
quick = False


def begin(rounds_, quick_):
    """Sets what the command line says, and makes the directories."""
    global rounds, quick
    rounds, quick = rounds_, quick_
    for path in (ROOT, RAM, RUN):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def say(*words):
    """Tells a person how far it is."""
    print("#", *words, file=sys.stderr, flush=True)
