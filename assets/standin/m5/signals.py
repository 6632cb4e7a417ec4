"""Signals, as gem5 handles them: a handler takes a note, and the simulation loop acts on it between two steps.

SIGUSR1 asks for a dump of the stats, SIGUSR2 for a dump and a reset. SIGINT is gem5's only inside `simulate()`; outside
of it Python's own handler raises KeyboardInterrupt. Up to 23.0 it is gem5's from the start, and one that comes early waits
for the first `simulate()`. SIGTERM and SIGHUP keep their default action: instant death, no stats. From 25.0 on SIGCONT has
a handler, installed by the first `simulate()`, which looks for a message in shared memory and finds none here.
"""
import signal

from . import endings, release

# Numbers of the signals that have arrived and that nobody has acted upon. The handlers of the executable, which were
# installed before this module could be imported, share this list.
_noted = []


def install(noted):
    """Takes over the notes of the first handlers and installs the rest of gem5's handlers."""
    global _noted
    _noted = noted
    signal.signal(signal.SIGABRT, endings.on_abort_signal)
    signal.signal(signal.SIGSEGV, endings.on_segv_signal)
    signal.signal(signal.SIGFPE, signal.SIG_IGN)
    if not release.since(23, 1):
        signal.signal(signal.SIGINT, _note)


def entering_simulation():
    """What the first and every later `simulate()` installs besides the handler of SIGINT."""
    if release.since(25, 0):
        signal.signal(signal.SIGCONT, lambda number, frame: None)


def _note(number, _frame):
    _noted.append(number)


def take(number):
    """Whether this signal has arrived since the last call."""
    if number not in _noted:
        return False
    while number in _noted:
        _noted.remove(number)
    return True


class InterruptHandler:
    """Makes SIGINT a note for as long as the simulation loop runs, then gives Python its handler back."""

    def __enter__(self):
        self._previous = signal.signal(signal.SIGINT, _note)

    def __exit__(self, *exception):
        signal.signal(signal.SIGINT, self._previous)
