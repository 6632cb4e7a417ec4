"""Runs one function in several fresh gem5 processes, at most two at once."""
from gem5.utils.multiprocessing import Pool, Process
from sim import run_sim

# The children see another name, so that they do not start children in turn.
if __name__ == "__m5_main__":
    alone = Process(target=run_sim, args=("alone", "8KiB"))
    alone.start()
    alone.join()
    print("alone ended with %s" % alone.exitcode)

    sizes = ["16KiB", "32KiB", "64KiB"]
    # A fresh process for each task, and one task at a time.
    with Pool(processes=2, maxtasksperchild=1) as pool:
        ticks = pool.starmap(run_sim, [("l1-" + size, size) for size in sizes], chunksize=1)
        pool.close()
        # Without this the last process may be ended before it has written its stats.
        pool.join()
    for size, count in zip(sizes, ticks):
        print("%s: %d ticks" % (size, count))
