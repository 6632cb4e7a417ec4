"""E9, E11 and E13: what it costs that simulations run and nothing happens, in CPU time, wakeups, frames and memory.

Simulations sleep, so all that is used is gem5-tui's. `htop` stands beside it as a program that looks at processes and draws a
screen; it looks at all of the machine and keeps nothing, so its figures grow with what runs as well. Both terminals are read all the
time. Memory is PSS: a page that several processes have in common counts for each in part.
"""

import select
import shutil
import time

import machine
import results
import settings
from experiments import running
from measured import spread
from processes import children, cpu_ns, pss, wakeups
from terminal import Terminal


def together(terminals, seconds):
    """Reads several terminals for so long."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        ready, _, _ = select.select([one.fd for one in terminals if not one.dead], [], [], min(0.2, left))
        for terminal in terminals:
            if terminal.fd in ready:
                terminal.read(0)


def window(pids, terminals, seconds):
    """For so long: percent of a core and wakeups per second of processes, bytes and frames per second of terminals."""
    before = {name: (cpu_ns(pid), wakeups(pid)) for name, pid in pids.items()}
    drawn = {name: (one.bytes, one.screen.frames) for name, one in terminals.items()}
    start = time.perf_counter()
    together(list(terminals.values()), seconds)
    span = time.perf_counter() - start
    found = {}
    for name, pid in pids.items():
        cpu, woken = before[name]
        found[name] = {"cpu": (cpu_ns(pid) - cpu) / 1e7 / span, "wakeups": since(woken, wakeups(pid)) / span}
    for name, one in terminals.items():
        wrote, frames = drawn[name]
        found[name] |= {"bytes": (one.bytes - wrote) / span, "frames": (one.screen.frames - frames) / span}
    return found


def since(before, now):
    """What the threads that live have added."""
    return sum(count - before.get(thread, 0) for thread, count in now.items())


def windows(pids, terminals, seconds=12):
    """Several windows one after the other."""
    found = []
    for _ in range(2 if settings.quick else settings.rounds):
        with machine.quiet():
            found.append(window(pids, terminals, 3 if settings.quick else seconds))
    return found


#: Twice as long as gem5-tui looks away from what is quiet at most, so that each is looked at in each window as often as ever.
IDLE = 60


def idle():
    for count in (5,) if settings.quick else (20, 200, 1000):
        settings.say("starting", count)
        with running(count) as (dashboard, engine, _, _):
            terminals = {"client": dashboard}
            if shutil.which("htop"):
                terminals["htop"] = Terminal(["htop"])
            # What has just begun is looked at more often.
            together(list(terminals.values()), 3 if settings.quick else 45)
            pids = {"engine": engine, **{name: one.pid for name, one in terminals.items()}}
            found = windows(pids, terminals, IDLE)
            tell(f"{count} running, idle", count, found)
            memory(f"{count} running, idle", count, pids)
            if "htop" in terminals:
                terminals["htop"].close()


def tell(what, count, found):
    def each(name, key):
        return [one[name][key] for one in found if name in one]

    aim = {200: "idle engine at 200", 1000: "idle engine at 1,000"}.get(count)
    results.row("E9", f"{what}: engine, of a core", each("engine", "cpu"), "htop", each("htop", "cpu"), "%", aim=aim)
    results.row("E9", f"{what}: client, of a core", each("client", "cpu"), "htop", each("htop", "cpu"), "%")
    results.row("E9", f"{what}: wakeups of the client", each("client", "wakeups"), "htop", each("htop", "wakeups"), "/s",
                aim="idle client")
    results.row("E9", f"{what}: wakeups of the engine", each("engine", "wakeups"), "htop", each("htop", "wakeups"), "/s")
    results.row("E11", f"{what}: to the terminal", each("client", "bytes"), "htop", each("htop", "bytes"), "B/s",
                f"{spread(each('client', 'frames'))} frames/s")


def memory(what, count, pids):
    htop = pss(pids["htop"]) if "htop" in pids else None
    results.row("E13", f"{what}: PSS of the engine", pss(pids["engine"]), "htop", htop, "MB")
    results.row("E13", f"{what}: PSS of the client", pss(pids["client"]), "htop", htop, "MB")
    shims = children(pids["engine"])
    ours = [size for shim in shims for size in pss(shim)]
    jobs = [size for shim in shims for job in children(shim) for size in pss(job)]
    private = [sum(pss(shim, "Private_Dirty") + pss(shim, "Private_Clean")) for shim in shims]
    # Of a few shims each one's share of the program is large, so they say nothing of one among many.
    results.row("E13", f"{what}: PSS of a shim", ours, "sleep, which it holds", jobs, "MB", f"private {spread(private)} MB",
                aim="shim memory" if count >= 200 else None, missing="the engine has no children")
