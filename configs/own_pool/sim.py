"""The function that each process runs. It must be importable, so it cannot be part of the script."""
import os


def run_sim(name, l1_size):
    """One simulation in a directory of its own. Returns its ticks."""
    import m5
    from gem5.components.boards.standin_board import StandinBoard
    from gem5.simulate.simulator import Simulator
    from m5.objects import PointerChase

    simulator = Simulator(board=StandinBoard(PointerChase(size="32KiB", max_visits=20000), l1_size=l1_size))
    simulator.override_outdir(os.path.join(m5.options.outdir, name))
    simulator.run()
    return simulator.get_current_tick()
