"""E11: what a dashboard sends to its terminal: frames, bytes and wakeups per second, in two sizes.

With simulations that are silent, with ones that each write twenty lines a second, and with an experiment in which nothing runs.
A frame is what the dashboard marks as one. There is no peer: what counts is that nothing is drawn where nothing changes.
"""

import results
import settings
from engines import engine_of, stop
from experiments import finished, running, sleeper, streamer
from idle import windows
from measured import spread
from processes import wait_for
from terminal import Terminal


def tell(what, found):
    client = [one["client"] for one in found]

    def each(key):
        return spread([one[key] for one in client])

    size = spread([one["bytes"] / one["frames"] for one in client if one["frames"]])
    results.row("E11", f"{what}: frames", [one["frames"] for one in client], unit="/s",
                note=f"{size} bytes each, {each('bytes')} B/s, {each('wakeups')} wakeups/s, {each('cpu')} % of a core")


def frames():
    count = 8 if settings.quick else 64
    for size in ((120, 40), (200, 60)):
        for name, make in (("silent", sleeper), ("each 20 lines/s", streamer)):
            with running(count, make, size) as (dashboard, _, _, _):
                dashboard.drain(3)
                found = windows({"client": dashboard.pid}, {"client": dashboard})
                tell(f"{count} running, {name}, {size[0]} by {size[1]}", found)
    nothing(500 if settings.quick else 1000)


def nothing(count):
    """All have ended, and a dashboard is open."""
    yaml, outdir = finished(count)
    dashboard = Terminal([settings.PROGRAM, str(yaml)], yaml.parent)
    try:
        dashboard.drain(3)
        engine = wait_for(lambda: engine_of(outdir))
        found = windows({"client": dashboard.pid, "engine": engine}, {"client": dashboard})
        tell(f"{count} ended, nothing changes", found)
        cpu = spread([one["engine"]["cpu"] for one in found])
        results.row("E11", f"{count} ended, nothing changes: wakeups of the engine", [one["engine"]["wakeups"] for one in found],
                    unit="/s", note=f"{cpu} % of a core")
        results.row("E9", f"{count} ended, nothing changes: wakeups of the client", [one["client"]["wakeups"] for one in found],
                    unit="/s", aim="idle client")
    finally:
        dashboard.close()
        stop(yaml, outdir)
