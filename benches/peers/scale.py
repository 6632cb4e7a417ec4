"""How many simulations one machine carries at once, and what they cost the engine: threads, descriptors, CPU time, memory.

2,000 sleep at a time, under the soft limit of 1,024 descriptors that a login has. Then an engine is killed and the next one adopts
300: what it uses stands beside what the engine used that had launched them.
"""

import os
import signal
import time

import results
import settings
from engines import engine_of
from experiments import begun, running
from idle import windows
from processes import children, descriptors, pss, threads, wait_for

#: What a login has, unless somebody raised it.
SOFT_LIMIT = 1024


def settle(dashboard, outdir, count, limit=240, still=15):
    """Waits until so many have started, or until no more start for a while. Says how many have."""
    seen, since, end = 0, time.monotonic(), time.monotonic() + limit
    while seen < count and time.monotonic() < min(end, since + still):
        dashboard.drain(0.5)
        now = sum((outdir / f"s{number + 1}/attempt-1/started.json").exists() for number in range(count))
        if now > seen:
            seen, since = now, time.monotonic()
    return seen


def uses(engine, dashboard):
    """What an engine uses while nothing happens."""
    found = [one["engine"] for one in windows({"engine": engine, "client": dashboard.pid}, {"client": dashboard})]
    return {"threads": [threads(engine)], "descriptors": [descriptors(engine)], "PSS": pss(engine),
            "CPU": [one["cpu"] for one in found], "wakeups": [one["wakeups"] for one in found]}


UNITS = {"threads": "", "descriptors": "", "PSS": "MB", "CPU": "% of a core", "wakeups": "/s"}


def scale():
    many, adopted = (40, 10) if settings.quick else (2000, 300)
    with begun(many, descriptors=SOFT_LIMIT) as (dashboard, _, outdir):
        engine = wait_for(lambda: engine_of(outdir))
        at = settle(dashboard, outdir, many)
        together = sum(len(children(shim)) for shim in children(engine))
        what = f"{many} that sleep, {SOFT_LIMIT} descriptors"
        results.row("scale", f"{what}: run at once", [together], note=f"{at} have started",
                    aim=None if settings.quick else "scale")
        dashboard.drain(3 if settings.quick else 12)
        for name, values in uses(engine, dashboard).items():
            results.row("scale", f"{what}: {name} of the engine", values, unit=UNITS[name])
    with running(adopted) as (dashboard, engine, _, outdir):
        dashboard.drain(3 if settings.quick else 12)
        before = uses(engine, dashboard)
        os.kill(engine, signal.SIGKILL)
        after = adopting(engine, dashboard, outdir)
        for name, values in after.items():
            results.row("scale", f"{adopted} that were adopted: {name} of the engine", values,
                        "gem5-tui, the engine that launched them", before[name], UNITS[name])


def adopting(killed, dashboard, outdir):
    """What the engine uses that the dashboard starts after one was killed."""

    def other():
        dashboard.drain(0.1)
        found = engine_of(outdir)
        return found if found != killed else None

    engine = wait_for(other, 60)
    dashboard.drain(3 if settings.quick else 20)
    return uses(engine, dashboard)
