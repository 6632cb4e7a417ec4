"""What each simulation of `suite.py` does. A function that another gem5 is to call must be importable there."""
import m5
from cache_sweep import make_system
from m5.objects import MatrixMultiply, PointerChase, RandomAccess, Root

# Each does the same work whatever the cache is, so that ticks can be compared.
WORKLOADS = {
    "chase": lambda: PointerChase(size="512KiB", max_visits=30000),
    "random": lambda: RandomAccess(size="1MiB", max_visits=30000),
    "matrix": lambda: MatrixMultiply(order=208, block=16, max_visits=30000),
}


def run_sim(workload, l2):
    """Simulates one workload to its end on a second-level cache of this size. Returns its ticks."""
    root = Root(full_system=False, system=make_system(WORKLOADS[workload](), l2))
    m5.instantiate()
    event = m5.simulate()
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))
    return m5.curTick()
