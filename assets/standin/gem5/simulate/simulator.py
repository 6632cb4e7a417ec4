"""`Simulator`: runs a board until something says that it is enough."""
import os
import re

import m5
from m5 import core
from m5.objects import Root

from .exit_event import ExitEvent

# Letters, digits, `-` and `_`; a letter first, a letter or a digit last.
_ID = re.compile(r"[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?\Z")


class Simulator:
    """One simulation of one board. Statuses 0 of a failed guest or of an interrupt come from here, as in gem5."""

    def __init__(self, board, full_system=None, on_exit_event=None, checkpoint_path=None, max_ticks=m5.MaxTick, id=None):
        self._board = board
        self._full_system = bool(full_system)
        self._checkpoint = checkpoint_path
        self._max_ticks = max_ticks
        self._handlers = dict(_DEFAULTS, **(on_exit_event or {}))
        self._instantiated = False
        self._cause = None
        self._id = None
        if id is not None:
            self.set_id(id)

    def get_id(self):
        """The id, or None."""
        return self._id

    def set_id(self, id):
        """Names the simulation, and with it the directory of a MultiSim run."""
        if not _ID.match(id):
            raise ValueError("ID must begin with a letter, end with a letter or digit, and hold only those, '-' and '_'")
        self._id = id

    def override_outdir(self, new_outdir):
        """Sends the output elsewhere. Only before the first `run()`."""
        if self._instantiated:
            raise Exception("The output directory cannot be changed once the simulation has been instantiated.")
        core.setOutputDir(str(new_outdir))

    def get_current_tick(self):
        """The tick that has been reached."""
        return m5.curTick()

    def get_last_exit_event_cause(self):
        """Why `m5.simulate()` came back the last time."""
        return self._cause

    def run(self, max_ticks=None):
        """Runs until a handler returns True. Prints nothing about its end: gem5's does not, either."""
        if not self._instantiated:
            self._instantiated = True
            root = Root(full_system=self._full_system, board=self._board)
            del root
            m5.instantiate(str(self._checkpoint) if self._checkpoint else None)
        while True:
            event = m5.simulate(self._max_ticks if max_ticks is None else max_ticks)
            self._cause = event.getCause()
            kind = ExitEvent.translate_exit_status(self._cause)
            if m5.options.show_exit_event_messages:
                print("Exit event called at Tick %d: %s" % (m5.curTick(), self._cause))
            handler = self._handlers[kind]
            # A generator is asked once for each exit of its kind, a function is called for each.
            if next(handler) if hasattr(handler, "__next__") else handler():
                return


def _leave():
    return True


def _begin_of_work():
    m5.stats.reset()


def _end_of_work():
    m5.stats.dump()


def _checkpoint():
    m5.checkpoint(os.path.join(m5.options.outdir, "cpt.%d"))


_DEFAULTS = {kind: _leave for kind in ExitEvent}
_DEFAULTS[ExitEvent.WORKBEGIN] = _begin_of_work
_DEFAULTS[ExitEvent.WORKEND] = _end_of_work
_DEFAULTS[ExitEvent.CHECKPOINT] = _checkpoint
