"""The first stage of the checkpoint example: let a workload warm up, then write a checkpoint into the output directory."""
import argparse
import os

import m5
from cache_sweep import make_system
from m5.objects import RandomAccess, Root


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ticks", type=int, default=2_000_000_000, help="how long to simulate before the checkpoint")
    args = parser.parse_args()

    root = Root(full_system=False, system=make_system(RandomAccess(size="1MiB"), cpu="timing"))
    m5.instantiate()
    event = m5.simulate(args.ticks)
    # gem5 puts the tick in place of %d.
    m5.checkpoint(os.path.join(m5.options.outdir, "cpt.%d"))
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))


if __name__ == "__m5_main__":
    main()
