"""E4: opening an experiment in which everything has ended.

The peer is `find | wc -l` over the same directory: it looks at each name once and reads nothing, which is less than must be done to
tell how each simulation ended. What was just listed is in the kernel's cache, for both.
"""

import re
import time

import results
import settings
from engines import engine_of, stop
from experiments import finished, shown
from measured import spread
from processes import high_water, pss, timed, wait_for
from terminal import Terminal
from turns import turns, walls

PEER = "find, wc -l"


class Ended:
    """An experiment of so many simulations that have ended, and the ways to open it."""

    def __init__(self, count):
        self.yaml, self.outdir = finished(count)
        self.pattern = re.compile(rf"Simulations {shown(count)}")
        self.keeper = None

    def command(self, *words):
        return timed([settings.PROGRAM, words[0], str(self.yaml), *words[1:]], self.yaml.parent)

    def find(self, _):
        return timed(["sh", "-c", 'find "$1" | wc -l', "sh", str(self.outdir)], self.yaml.parent)

    def dashboard(self):
        """A dashboard that shows all of them, and milliseconds to its first bytes and to the whole list."""
        terminal = Terminal([settings.PROGRAM, str(self.yaml)], self.yaml.parent)
        came = terminal.until(lambda screen: self.pattern.search(screen.text()) and "s1" in screen.text(), 120)
        return terminal, {"first": (terminal.first - terminal.started) * 1000, "whole": (came - terminal.started) * 1000}

    def release(self):
        """Nobody watches, so its engine ends."""
        if self.keeper:
            self.keeper.close()
        self.keeper = None
        stop(self.yaml, self.outdir)

    def keep(self):
        """A dashboard that is open all the time keeps the engine."""
        self.keeper = self.keeper or self.dashboard()[0]

    def cold(self, _):
        self.release()
        terminal, found = self.dashboard()
        engine = wait_for(lambda: engine_of(self.outdir))
        time.sleep(1)
        found |= {"engine": pss(engine), "client": pss(terminal.pid), "high": high_water(engine) / 1e6}
        terminal.close()
        self.release()
        return found

    def run(self, _):
        self.release()
        return self.command("run")

    def status(self, _):
        return self.command("status", "--json")

    def warm(self, _):
        self.keep()
        terminal, found = self.dashboard()
        terminal.close()
        return found

    def warm_status(self, _):
        self.keep()
        return self.command("status", "--json")


def attaching():
    for count in (100, 500) if settings.quick else (1000, 10_000):
        ended = Ended(count)
        try:
            alone = turns({"cold": ended.cold, "run": ended.run, "status": ended.status, "find": ended.find})
            beside = turns({"warm": ended.warm, "status": ended.warm_status, "find": ended.find})
        finally:
            ended.release()
        tell(f"{count} ended", alone, beside, count >= 10_000)


def tell(what, alone, beside, aimed):
    """`aimed` is whether this is the size that the aims are for."""

    def aim(name):
        return name if aimed else None

    find, find_beside = walls(alone["find"]), walls(beside["find"])
    for words, key in (("first bytes", "first"), ("whole list", "whole")):
        ours = [one[key] for one in alone["cold"]]
        results.row("E4", f"{what}: dashboard without an engine, {words}", ours, PEER, find, "ms")
        ours = [one[key] for one in beside["warm"]]
        results.row("E4", f"{what}: dashboard beside an engine, {words}", ours, PEER, find_beside, "ms",
                    aim=aim("whole list") if key == "whole" else None)
    results.row("E4", f"{what}: status --json without an engine", walls(alone["status"]), PEER, find, "ms", aim=aim("status"))
    results.row("E4", f"{what}: status --json beside an engine", walls(beside["status"]), PEER, find_beside, "ms")
    results.row("E4", f"{what}: run (adopts all, starts nothing, ends)", walls(alone["run"]), PEER, find, "ms",
                f"CPU {spread([one.cpu for one in alone['run']])} s", aim=aim("adopt"))
    engine, client = ([size for one in alone["cold"] for size in one[who]] for who in ("engine", "client"))
    results.row("E4", f"{what}: PSS of the engine", engine, "gem5-tui's client", client, "MB",
                f"largest RSS of the engine {spread([one['high'] for one in alone['cold']])} MB")
