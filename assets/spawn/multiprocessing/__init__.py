"""`gem5.utils.multiprocessing` as a suite of gem5-tui has it: every process is a simulation of the experiment.

Scripts find the words of gem5's own module, `Process` and `Pool`, and the context with the rest of them. What is different
lies behind them: nothing is started here. Each call becomes a request in the suite's directory (`_spawns`), the engine of
gem5-tui runs it like any other simulation, and its value or its failure comes back.
"""
from multiprocessing import AuthenticationError, ProcessError, TimeoutError

from . import context
from ._failure import SimulationFailed
from ._pool import Pool
from .context import Process, gem5Context

_context = gem5Context()
Context = gem5Context
active_children = _context.active_children
cpu_count = _context.cpu_count
current_process = _context.current_process
freeze_support = _context.freeze_support
get_all_start_methods = _context.get_all_start_methods
get_context = _context.get_context
get_start_method = _context.get_start_method
set_start_method = _context.set_start_method
# Names that raise when they are called and say what to do instead.
globals().update(context.REFUSED)

__all__ = [
    "AuthenticationError",
    "Context",
    "Pool",
    "Process",
    "ProcessError",
    "SimulationFailed",
    "TimeoutError",
    "active_children",
    "cpu_count",
    "current_process",
    "get_context",
]
