"""Ends in every way that a simulation can: `--mode` says in which. For looking at how outcomes are told apart.

For the stand-in gem5. Nothing here is pretended: a fatal error is one that the simulated machine runs into, a segmentation
fault is a SIGSEGV, memory that runs out has run out.
"""
import argparse
import os
import resource
import signal
import sys
import threading
import time

import m5
from cache_sweep import make_system
from m5.event import ProgressEvent, mainq
from m5.objects import LeakyAccess, PointerChase, Root, Terminal

# A few hundred milliseconds of host time.
SHORT = 2_000_000_000
# Visits that a program makes in less time than that.
FEW = 20000


def build(workload=None, **parts):
    """A machine that is ready to simulate, and the root of it."""
    root = Root(full_system=False, system=make_system(workload or PointerChase(size="64KiB"), **parts))
    m5.instantiate()
    return root


def simulate(workload=None, **parts):
    """A short simulation, up to its limit or to whatever ends it earlier."""
    build(workload, **parts)
    return m5.simulate(SHORT)


def program(**values):
    """A program that comes to its end before the limit."""
    return PointerChase(size="64KiB", max_visits=FEW, **values)


def report(event):
    """The two lines that gem5's own scripts print. The second is how a failing program shows: gem5 itself exits with 0."""
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))
    if event.getCode() != 0:
        print("Simulated exit code not 0! Exit code is %d" % event.getCode())


# ---- Ends that are none of gem5's fault


def ok():
    report(simulate(program()))


def m5_exit():
    report(simulate(program(exit_cause="m5_exit instruction encountered")))


def unknown_cause():
    # Causes are an open set: any object of a simulation may end it with words of its own.
    report(simulate(program(exit_cause="the vector unit is content")))


def silent():
    # Many scripts print nothing in the end.
    simulate(program())


def limit():
    report(simulate())


def guest_fails():
    report(simulate(program(exit_code=3)))


def m5_fail():
    report(simulate(program(exit_cause="m5_fail instruction encountered", exit_code=7)))


def kernel_panics():
    # The kernel tells its console, and nobody else: it halts, and gem5 simulates on to the limit.
    workload = PointerChase(size="64KiB", acts=[
        (100, "print", "[    0.000000] Linux version 6.6.33 (gcc 13.2.0) #1 SMP"),
        (5000, "print", "[    0.812345] VFS: Cannot open root device \"vda1\" or unknown-block(0,0): error -6"),
        (5001, "print", "[    0.812399] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"),
    ])
    system = make_system(workload)
    system.terminal = Terminal()
    root = Root(full_system=True, system=system)
    m5.instantiate()
    report(m5.simulate(SHORT))


def kernel_panic_exits():
    # With `exit_on_kernel_panic` gem5 leaves `simulate()` instead, still with status 0.
    report(simulate(program(exit_cause="Kernel panic in simulated system.")))


# ---- Ends in gem5


def fatal():
    # Three sets do not make a cache, and gem5 says so while it builds the objects.
    simulate(l2="96KiB")


def fatal_no_program():
    # A message of several lines: only the first has a prefix.
    simulate(program(executable="/nowhere/bfs"))


def no_memory():
    # The host refuses what the machine needs.
    resource.setrlimit(resource.RLIMIT_AS, (2**30, resource.RLIM_INFINITY))
    simulate(memory="8GiB")


def bad_alloc():
    # The host refuses what the simulator needs later on.
    build(LeakyAccess(size="64KiB", leak="8MiB"))
    used = m5.util.address_space()
    resource.setrlimit(resource.RLIMIT_AS, (used + 64 * 2**20, resource.RLIM_INFINITY))
    m5.simulate()


def panic():
    # The list is longer than the memory, so the program walks off its end.
    simulate(PointerChase(size="8MiB"), memory="1536KiB")


def assertion():
    # A row of DRAM that does not hold one burst.
    system = make_system(program())
    system.mem_ctrl.dram.row_size = "32B"
    root = Root(full_system=False, system=system)
    m5.instantiate()


def segv():
    simulate()
    os.kill(os.getpid(), signal.SIGSEGV)


def crash_in_dump():
    # The second block of stats never gets its last line. With STANDIN_DUMP_SECONDS a dump takes long enough to be hit.
    build()
    m5.simulate(SHORT // 2)
    m5.stats.dump()
    m5.simulate(SHORT // 2)
    seconds = float(os.environ["STANDIN_DUMP_SECONDS"])
    threading.Timer(seconds / 2, os.kill, (os.getpid(), signal.SIGSEGV)).start()
    m5.stats.dump()


def leak():
    # Takes memory until there is none: run it inside a limit of memory, such as a control group.
    build(LeakyAccess(size="64KiB", leak="%dMiB" % ARGS.megabytes))
    m5.simulate()


# ---- Ends in the script


def script_fatal():
    m5.util.fatal("no kernel image was given")


def script_panic():
    m5.util.panic("the checkpoint is of another machine")


def python_error():
    raise ValueError("no such workload: 'bfs-large'")


def python_error_after():
    report(simulate(program()))
    results = {}
    print("ipc", results["system.cpu.ipc"])


def exit_3():
    # Any code is the script's own choice.
    sys.exit(3)


def exit_text():
    # Python's habit, but since 21.2 gem5 cannot turn the text into a number and aborts.
    sys.exit("giving up")


def usage():
    argparse.ArgumentParser(prog="outcomes.py").error("--workload is required")


def ran_dry():
    # Every CPU sleeps, and nobody has said how long to simulate.
    build(program(exit_cause=""))
    report(m5.simulate())


def no_stats():
    print("nothing to do for this point")


# ---- Runs that do not end by themselves, or not alone


def forever():
    # Leaves on SIGINT, as a simple script does.
    build()
    print("simulating until somebody says stop")
    report(m5.simulate())


def stubborn():
    # Scripts that loop until the cause is the one they know go on after an interrupt.
    event = simulate()
    while event.getCause() != "exiting with last active thread context":
        event = m5.simulate(SHORT)
    report(event)


def deaf():
    # Ignores SIGINT and SIGTERM, and uses no processor: only SIGKILL ends it.
    report(simulate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


def hang():
    report(simulate())
    print("waiting for something that never comes")
    while True:
        time.sleep(60)


def flood():
    # A few megabytes a second: a log that is forgotten over a weekend fills a disk.
    build()
    line = "warn: " + "x" * 1000
    while m5.simulate(SHORT // 20).getCause() == "simulate() limit reached":
        for _ in range(100):
            print(line)


def leaves_a_child():
    # A process that has left its parent and its session, as the helper of a script may. It ends when `go-on` is there.
    report(simulate())
    sys.stdout.flush()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            deadline = time.monotonic() + ARGS.linger
            while time.monotonic() < deadline and not os.path.exists(os.path.join(m5.options.outdir, "go-on")):
                time.sleep(0.02)
        os._exit(0)
    os.wait()


# ---- What else shows


def phases():
    # A region of interest, and a checkpoint on the way: the guest leaves `simulate()` and goes on.
    build(program(acts=[(5000, "exit", "workbegin"), (12000, "exit", "workend"), (15000, "exit", "checkpoint")]))
    while True:
        event = m5.simulate()
        if event.getCause() == "workbegin":
            m5.stats.reset()
        elif event.getCause() == "workend":
            m5.stats.dump()
        elif event.getCause() == "checkpoint":
            m5.checkpoint(os.path.join(m5.options.outdir, "cpt.%d"))
        else:
            return report(event)


def progress():
    # Two ways to be told of progress without touching the stats.
    system = make_system(PointerChase(size="64KiB"))
    system.cpu.progress_interval = "500us"
    root = Root(full_system=False, system=system)
    m5.instantiate()
    ProgressEvent(mainq, SHORT // 4)
    report(m5.simulate(SHORT))


MODES = {function.__name__.replace("_", "-"): function for function in (
    ok, m5_exit, unknown_cause, silent, limit, guest_fails, m5_fail, kernel_panics, kernel_panic_exits,
    fatal, fatal_no_program, no_memory, bad_alloc, panic, assertion, segv, crash_in_dump, leak,
    script_fatal, script_panic, python_error, python_error_after, exit_3, exit_text, usage, no_stats,
    ran_dry,
    forever, stubborn, deaf, hang, flood, leaves_a_child, phases, progress,
)}


if __name__ == "__m5_main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=sorted(MODES), required=True)
    parser.add_argument("--megabytes", type=int, default=1, help="leak: how much memory each batch takes")
    parser.add_argument("--linger", type=float, default=60, help="leaves-a-child: how many seconds the child stays")
    ARGS = parser.parse_args()
    MODES[ARGS.mode]()
