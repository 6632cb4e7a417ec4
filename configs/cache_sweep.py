"""One point of the demo sweep: a CPU with two levels of caches runs a synthetic workload.

For the stand-in gem5: its workloads take the place of a program. Everything else reads as it would for gem5.
"""
import argparse

import m5
from m5.objects import *

WORKLOADS = {
    # Three arrays of 2 MiB: no second-level cache of the sweep holds them, so its size does not matter.
    "stream": lambda: StreamBenchmark(array_size="2MiB"),
    # A list of 512 KiB: it fits or it does not.
    "chase": lambda: PointerChase(size="512KiB"),
    # A table of 4 MiB at random: each doubling of the cache helps.
    "random": lambda: RandomAccess(size="4MiB"),
    # Matrices of 800 KiB: plainly, each row of the result needs all of one of them; in blocks, it does not.
    "matrix": lambda: MatrixMultiply(order=320, block=16),
}
CPUS = {"timing": TimingSimpleCPU, "minor": MinorCPU, "o3": O3CPU}


def make_system(workload, l2="256KiB", cpu="timing", memory="512MiB"):
    """A system with one CPU, its caches and one channel of memory. `l2` is the size of the second-level cache."""
    system = System()
    system.clk_domain = SrcClockDomain(clock="2GHz", voltage_domain=VoltageDomain())
    system.mem_mode = "timing"
    system.mem_ranges = [AddrRange(memory)]

    system.cpu = CPUS[cpu]()
    system.cpu.createThreads()
    system.cpu.createInterruptController()
    system.cpu.workload = workload

    first_level = dict(size="32KiB", assoc=8, tag_latency=2, data_latency=2, response_latency=2, mshrs=16)
    system.cpu.icache = Cache(**first_level)
    system.cpu.dcache = Cache(**first_level)
    system.l2 = Cache(size=l2, assoc=8, tag_latency=12, data_latency=12, response_latency=12, mshrs=20)

    system.l2bus = L2XBar()
    system.membus = SystemXBar()
    for cache, port in ((system.cpu.icache, system.cpu.icache_port), (system.cpu.dcache, system.cpu.dcache_port)):
        cache.cpu_side = port
        cache.mem_side = system.l2bus.cpu_side_ports
    system.l2.cpu_side = system.l2bus.mem_side_ports
    system.l2.mem_side = system.membus.cpu_side_ports
    system.system_port = system.membus.cpu_side_ports

    system.mem_ctrl = MemCtrl(dram=DDR3_1600_8x8(range=system.mem_ranges[0]))
    system.mem_ctrl.port = system.membus.mem_side_ports
    return system


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", choices=sorted(WORKLOADS), required=True)
    parser.add_argument("--l2", default="256KiB", help="size of the second-level cache")
    parser.add_argument("--cpu", choices=sorted(CPUS), default="timing")
    parser.add_argument("--ticks", type=int, default=80_000_000_000, help="how long to simulate")
    parser.add_argument("--dumps", type=int, default=10, help="how many blocks of stats to write on the way")
    args = parser.parse_args()

    root = Root(full_system=False, system=make_system(WORKLOADS[args.workload](), args.l2, args.cpu))
    m5.instantiate()

    print("Beginning simulation: %s, %s L2, %s CPU" % (args.workload, args.l2, args.cpu))
    for part in range(1, args.dumps + 1):
        # Counting to the end in parts, so that the parts add up to exactly `--ticks`.
        event = m5.simulate(args.ticks * part // args.dumps - m5.curTick())
        if event.getCause() != "simulate() limit reached":
            break
        m5.stats.dump()
        print("part %d of %d done @ tick %d" % (part, args.dumps, m5.curTick()))
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))


if __name__ == "__m5_main__":
    main()
