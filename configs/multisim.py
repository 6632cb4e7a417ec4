"""One script, several simulations: gem5's MultiSim. `gem5 multisim.py --list` prints their ids.

On its own, `gem5 multisim.py l1-16KiB` runs one of them, and `gem5 -m gem5.utils.multisim multisim.py` runs them all.
"""
from gem5.components.boards.standin_board import StandinBoard
from gem5.simulate.simulator import Simulator
from gem5.utils import multisim
from m5.objects import PointerChase

multisim.set_num_processes(2)

for l1_size in ("8KiB", "16KiB", "32KiB", "64KiB"):
    board = StandinBoard(PointerChase(size="32KiB", max_visits=40000), l1_size=l1_size)
    multisim.add_simulator(Simulator(board=board, id="l1-" + l1_size))
