"""A script with the options that many labs have, for the sweeps beside it.

For the stand-in gem5. Every workload of a lab is stood in for by one of four synthetic ones; what an option changes in the model,
it changes here, and what the model does not have is printed with the configuration.
"""
import argparse
import os
import sys

import m5
from m5.objects import Root

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cache_sweep import CPUS, WORKLOADS, make_system

KINDS = {"simple": "timing", "ruby": "minor", "TimingSimpleCPU": "timing", "MinorCPU": "minor", "O3CPU": "o3"}


def stand_in(program):
    """The same workload for the same program, whatever its directory and case."""
    name = os.path.basename(program)
    if name in WORKLOADS:
        return WORKLOADS[name]()
    names = sorted(WORKLOADS)
    return WORKLOADS[names[sum(name.encode()) % len(names)]]()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cmd", default="stream", help="the program")
    parser.add_argument("--input", help="its input")
    parser.add_argument("--cpu-type", default="timing", choices=sorted(CPUS) + sorted(KINDS))
    parser.add_argument("--l1", default="32KiB")
    parser.add_argument("--l2", default="256KiB")
    parser.add_argument("--l3")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--tbes", type=int)
    parser.add_argument("--prefetcher")
    parser.add_argument("--degree", type=int)
    parser.add_argument("--ruby", action="store_true")
    parser.add_argument("--clock", default="2GHz")
    parser.add_argument("--ini", help="a file of a model of memory")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--restore", help="the checkpoint to begin with")
    parser.add_argument("--checkpoints", type=int, default=0, help="how many to take on the way")
    parser.add_argument("--ticks", type=int, default=400_000_000)
    args = parser.parse_args()

    print("configuration: %s" % " ".join("%s=%s" % item for item in sorted(vars(args).items()) if item[1] is not None))
    if args.ini:
        with open(args.ini) as file:
            print("memory: %s" % file.readline().strip())
    cpu = KINDS.get(args.cpu_type, args.cpu_type)
    root = Root(full_system=False, system=make_system(stand_in(args.cmd), args.l2, cpu))
    m5.instantiate(args.restore) if args.restore else m5.instantiate()
    begin = m5.curTick()
    parts = args.checkpoints + 1
    for part in range(1, parts + 1):
        event = m5.simulate(begin + args.ticks * part // parts - m5.curTick())
        if part < parts:
            # gem5 puts the tick in place of %d.
            m5.checkpoint(os.path.join(m5.options.outdir, "cpt.%d"))
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))


if __name__ == "__m5_main__":
    main()
