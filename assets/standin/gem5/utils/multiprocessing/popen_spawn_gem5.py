"""Starts one child: Python's way to spawn, with gem5's command line."""
from multiprocessing import popen_spawn_posix, spawn

from ._command_line import get_command_line


class Popen(popen_spawn_posix.Popen):
    """What a `Process` holds of its child."""

    method = "spawn_gem5"

    def _launch(self, process):
        # Python's own `_launch` does the rest: it makes the pipes and asks `spawn` for the command line.
        pythons = spawn.get_command_line
        spawn.get_command_line = lambda **handles: get_command_line(process.name, **handles)
        try:
            super()._launch(process)
        finally:
            spawn.get_command_line = pythons
