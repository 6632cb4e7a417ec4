"""The second stage of the checkpoint example: take up a checkpoint, perhaps with another CPU, and simulate on from there."""
import argparse
import glob
import os

import m5
from cache_sweep import CPUS, make_system
from m5.objects import RandomAccess, Root


def newest_checkpoint(directory):
    """The checkpoint with the highest tick: `cpt.<tick>`, in the output directory of the simulation that wrote it."""
    found = [path for path in glob.glob(os.path.join(directory, "cpt.*")) if path.rpartition(".")[2].isdigit()]
    if not found:
        m5.fatal("no checkpoint in %s", directory)
    return max(found, key=lambda path: int(path.rpartition(".")[2]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ckpt", required=True, help="the output directory that holds cpt.<tick>")
    parser.add_argument("--cpu", choices=sorted(CPUS), default="o3")
    parser.add_argument("--ticks", type=int, default=10_000_000_000, help="how long to simulate after the checkpoint")
    args = parser.parse_args()

    checkpoint = newest_checkpoint(args.ckpt)
    print("Restoring %s" % checkpoint)
    root = Root(full_system=False, system=make_system(RandomAccess(size="1MiB"), cpu=args.cpu))
    m5.instantiate(checkpoint)
    event = m5.simulate(args.ticks)
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))


if __name__ == "__m5_main__":
    main()
