"""Ends in every way that a simulation can: `--mode` says in which. For looking at how failures are shown."""
import argparse
import os
import signal
import sys
import time

import m5
from cache_sweep import make_system
from m5.objects import PointerChase, Root

# A few hundred milliseconds of host time.
SHORT = 2_000_000_000


def simulate(workload=None, **parts):
    """A short simulation, up to its limit or to whatever ends it earlier."""
    root = Root(full_system=False, system=make_system(workload or PointerChase(size="64KiB"), **parts))
    m5.instantiate()
    return m5.simulate(SHORT)


def report(event):
    """The two lines that gem5's own scripts print. The second is how a failing program shows: gem5 itself exits with 0."""
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))
    if event.getCode() != 0:
        print("Simulated exit code not 0! Exit code is %d" % event.getCode())


def ok():
    report(simulate())


def fatal():
    # Three sets do not make a cache, and gem5 says so while it builds the objects.
    simulate(l2="96KiB")


def script_fatal():
    m5.util.fatal("no kernel image was given")


def panic():
    # The list is longer than the memory, so the program walks off its end.
    simulate(PointerChase(size="8MiB"), memory="1536KiB")


def guest_fails():
    report(simulate(PointerChase(size="64KiB", max_visits=20000, exit_code=3)))


def python_error():
    raise ValueError("no such workload: 'bfs-large'")


def python_error_after():
    report(simulate())
    results = {}
    print("ipc", results["system.cpu.ipc"])


def segv():
    simulate()
    os.kill(os.getpid(), signal.SIGSEGV)


def exit_3():
    report(simulate())
    sys.exit(3)


def exit_text():
    # Python's habit, but gem5 cannot turn the text into a number and aborts.
    sys.exit("giving up")


def usage():
    argparse.ArgumentParser(prog="failures.py").error("--workload is required")


def hang():
    report(simulate())
    print("waiting for something that never comes")
    while True:
        time.sleep(60)


def stubborn():
    # Scripts that loop until the cause is the one they know go on after an interrupt.
    event = simulate()
    while event.getCause() != "exiting with last active thread context":
        event = m5.simulate(SHORT)
    report(event)


MODES = {function.__name__.replace("_", "-"): function for function in (
    ok, fatal, script_fatal, panic, guest_fails, python_error, python_error_after, segv, exit_3, exit_text, usage, hang,
    stubborn,
)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=sorted(MODES), required=True)
    MODES[parser.parse_args().mode]()


if __name__ == "__m5_main__":
    main()
