"""E14: from a person's word until a process is gone or stands still; one by one, and many at once.

gem5-tui writes the intent down and syncs it before the first signal, finds the whole tree and signals that; kill(2) does neither and
is the floor. Peers are sleeping processes of the same command, on the same machine, signalled by this program. That a process is gone
is told by its pidfd, for both.
"""

import os
import resource
import select
import signal
import subprocess
import time

import machine
import results
import settings
from engines import Link, started
from experiments import running
from measured import spread
from processes import cpu_ns, sleeping, state, wait_for

LOOP = "kill(2) in a loop"


def gone(pids, act, limit=200):
    """Milliseconds from before `act` until the last of these processes is gone."""
    fds = [os.pidfd_open(pid) for pid in pids]
    try:
        start = time.perf_counter()
        act()
        for fd in fds:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            if not poll.poll(limit * 1000):
                raise TimeoutError("a process lives")
        return (time.perf_counter() - start) * 1000
    finally:
        for fd in fds:
            os.close(fd)


def all_in(pids, letter, act, limit=100):
    """Milliseconds from before `act` until all of these processes are in a state."""
    start = time.perf_counter()
    act()
    left = list(pids)
    while left:
        if time.perf_counter() > start + limit:
            raise TimeoutError(f"a process is not in state {letter}")
        while left and state(left[-1]) == letter:
            left.pop()
        if left:
            time.sleep(0.001)
    return (time.perf_counter() - start) * 1000


def to_all(pids, number):
    """Sends a signal to each of them."""

    def act():
        for pid in pids:
            os.kill(pid, number)

    return act


def running_pids(outdir, count):
    """The processes of gem5 once all have started."""
    names = [f"s{number + 1}" for number in range(count)]
    records = wait_for(lambda: len(found := started(outdir, names)) == count and found, 200)
    return [record["gem5"]["pid"] for record in records]


def signals():
    """One after the other, three of four by the engine's protocol and the fourth by the command."""
    count = 20 if settings.quick else 200
    times = {name: [] for name in ("protocol", "recorded", "command", "kill(2)", "kill")}
    with running(count) as (dashboard, _, yaml, outdir):
        pids, peers, link = running_pids(outdir, count), sleeping(count), Link(outdir)
        dashboard.drain(2)

        def by_command(i):
            cancel = [settings.PROGRAM, "cancel", str(yaml), f"s{i + 1}"]
            times["command"].append(gone([pids[i]], lambda: subprocess.run(
                cancel, env=settings.ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)))
            kill = ["/bin/kill", "-INT", str(peers[i].pid)]
            times["kill"].append(gone([peers[i].pid], lambda: subprocess.run(kill, check=True)))

        def by_protocol(i):
            start = time.perf_counter()
            times["protocol"].append(gone([pids[i]], lambda: link.ask("cancel", sims=[i])))
            link.reply()
            end = outdir / f"s{i + 1}/attempt-1/exit.json"
            wait_for(end.exists, every=0.0005)
            times["recorded"].append((time.perf_counter() - start) * 1000)
            times["kill(2)"].append(gone([peers[i].pid], to_all([peers[i].pid], signal.SIGINT)))

        for part in range(5):
            with machine.quiet():
                for i in range(part * count // 5, (part + 1) * count // 5):
                    by_command(i) if i % 4 == 3 else by_protocol(i)
                    peers[i].wait()
                    dashboard.drain(0.02)
        link.close()
    results.quantiles("E14", "cancel by the protocol, until the process is gone", times["protocol"], "kill(2), SIGINT",
                      times["kill(2)"], aim=("cancel p50", "cancel p99"))
    results.quantiles("E14", "`gem5-tui cancel`, until the process is gone", times["command"], "kill -INT", times["kill"])
    results.quantiles("E14", "cancel by the protocol, until its end is on disk", times["recorded"], "kill(2), SIGINT",
                      times["kill(2)"])


def many_signals():
    """All that runs at once: paused, let go on, cancelled."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    for count in (5, 20) if settings.quick else (20, 100, 400):
        found = {}
        for _ in range(1 if settings.quick else settings.rounds):
            with running(count) as (dashboard, engine, _, outdir):
                for name, value in at_once(count, dashboard, engine, outdir).items():
                    found.setdefault(name, []).append(value)
            settings.say(count, {name: values[-1] for name, values in found.items()})

        def aim(what):
            return f"{what} {count}" if not settings.quick else None

        results.row("E14", f"cancel {count} at once, until all are gone", found["cancel"], LOOP, found["cancel, kill"], "ms",
                    f"CPU of the engine {spread(found['cpu'])} ms", aim=aim("cancel"))
        results.row("E14", f"pause {count} at once, until all stand still", found["pause"], LOOP, found["pause, kill"], "ms",
                    aim=aim("pause"))
        results.row("E14", f"resume {count} at once, until all go on", found["resume"], LOOP, found["resume, kill"], "ms")


def at_once(count, dashboard, engine, outdir):
    """One round with all of them."""
    pids, others, link = running_pids(outdir, count), sleeping(count), Link(outdir)
    them, everything = [other.pid for other in others], list(range(count))
    dashboard.drain(2)

    def ask(what):
        return lambda: link.ask(what, sims=everything)

    found = {}
    with machine.quiet():
        found["pause"] = all_in(pids, "T", ask("pause"))
        found["pause, kill"] = all_in(them, "T", to_all(them, signal.SIGSTOP))
        dashboard.drain(3)  # The engine has told that they stand still.
        found["resume"] = all_in(pids, "S", ask("resume"))
        found["resume, kill"] = all_in(them, "S", to_all(them, signal.SIGCONT))
        cpu = cpu_ns(engine)
        found["cancel"] = gone(pids, ask("cancel"))
        found["cpu"] = (cpu_ns(engine) - cpu) / 1e6
        found["cancel, kill"] = gone(them, to_all(them, signal.SIGINT))
    for other in others:
        other.wait()
    link.close()
    return found
