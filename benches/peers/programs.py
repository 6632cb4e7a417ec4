"""The peers: whether one is installed, and its version.

The name of a peer in a row begins with the word that starts it.
"""

import functools
import shutil
import subprocess

import settings

#: How each one tells its version, where that is not `--version`.
ASKED = {"python3": [settings.PYTHON, "--version"], "kill": ["/bin/kill", "--version"]}

KNOWN = {"find", "grep", "htop", "kill", "less", "lnav", "make", "ninja", "parallel", "python3", "rg", "sleep", "snakemake"}
KNOWN |= {"tac", "tail", "wc", "xargs"}


def needs(program, run):
    """`run` where the program is installed, and None where it is not."""
    return run if shutil.which(program) else None


def name(peer):
    """The program that the name of a peer begins with, or None if it is none: a system call, or gem5-tui in another state."""
    word = (peer.split() or [""])[0].rstrip(",")
    return word if word in KNOWN else None


def parsed(text):
    """The version in what a program says of itself: the first word of its first line that begins with a digit."""
    words = (text.strip().splitlines() or [""])[0].split()
    return next((word.strip("(),") for word in words if word.strip("(),")[:1].isdigit()), None)


@functools.cache
def version(program):
    """The version of an installed program."""
    try:
        asked = ASKED.get(program, [program, "--version"])
        done = subprocess.run(asked, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parsed(done.stdout or done.stderr)
