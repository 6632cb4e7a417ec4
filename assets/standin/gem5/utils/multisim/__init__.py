"""MultiSim: one script describes several simulations, each with an id."""
from .multisim import add_simulator, num_simulators, run, set_num_processes

__all__ = ["add_simulator", "num_simulators", "run", "set_num_processes"]
