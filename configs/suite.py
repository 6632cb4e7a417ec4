"""A sweep as one Python script: it runs the suite and looks at what came out of it.

Each call of `run_sim` is a simulation with a gem5 of its own. Run the script again and nothing is simulated that has not
changed: mend its last lines, or add a size, and wait for that alone. Under plain gem5 the same script works as well.
"""
import sys

from gem5.utils.multiprocessing import Pool
from suite_sim import WORKLOADS, run_sim

SIZES = ["128KiB", "256KiB", "512KiB", "1MiB"]
# A larger cache must be worth its area.
WORTH = 1.05


def verdict(ticks):
    """The smallest size from which on no other one is faster by much."""
    best = min(ticks.values())
    return next(size for size in SIZES if ticks[size] <= best * WORTH)


if __name__ == "__m5_main__" or __name__ == "__main__":
    points = [(workload, size) for workload in sorted(WORKLOADS) for size in SIZES]
    with Pool(processes=4, maxtasksperchild=1) as pool:
        results = dict(zip(points, pool.starmap(run_sim, points)))

    print("speedup over %-8s" % SIZES[0] + "".join("%9s" % size for size in SIZES) + "   enough")
    slower = []
    for workload in sorted(WORKLOADS):
        ticks = {size: results[workload, size] for size in SIZES}
        speedups = [ticks[SIZES[0]] / ticks[size] for size in SIZES]
        print("%-21s" % workload + "".join("%9.3f" % speedup for speedup in speedups) + "   " + verdict(ticks))
        slower += [workload for one, other in zip(speedups, speedups[1:]) if other < one / WORTH]
    if slower:
        sys.exit("a larger cache is slower: %s" % ", ".join(slower))
