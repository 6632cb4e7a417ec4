"""E5 to E7: a log of 1 and of 5 GiB in the dashboard: opened at its end, gone through to its middle, and searched.

A pager shows bytes as they come; the dashboard finds the experiment, asks its engine, counts lines and cleans what it shows of escape
sequences. All of it counts: from the start of the program, or from the key, to the bytes that show what was looked for. The log is in
the kernel's cache, for all. `rg` and `grep` stop at the first match and draw nothing, so they are the floor of a search.
"""

import random
import re
import time

import programs
import results
import settings
from engines import stop
from experiments import ended
from measured import spread
from processes import cpu_ns, high_water, timed, times
from terminal import Terminal
from turns import turns, walls

#: What is pressed to see the middle of a log.
TO_THE_MIDDLE = ":50%\r"

MARKS = ((0.01, "NEEDLE-NEAR-START needle.near.start"), (0.5, "NEEDLE-IN-MIDDLE needle.in.middle"),
         (0.99, "NEEDLE-NEAR-END needle.near.end"))
FIRST, LAST = "FIRST-OF-LOG", "LAST-OF-LOG"


def write_log(out, size):
    """Writes a log of so many bytes with marks in it. Its lines are numbered by ticks, 500 apart."""
    rng = random.Random(7)
    words = "system cpu dcache membus warn info: fetched retired line address response request packet port".split()
    base = [" ".join(rng.choice(words) for _ in range(rng.randint(6, 14))) + f" 0x{rng.getrandbits(40):x}"
            for _ in range(10_000)]
    written, number, marks = 0, 0, list(MARKS)
    out.write(FIRST + "\n")
    while written < size:
        chunk = [marks.pop(0)[1]] if marks and written >= marks[0][0] * size else []
        chunk += [f"{(number + i) * 500}: {line}" for i, line in enumerate(base, 1)]
        number += len(base)
        text = "\n".join(chunk) + "\n"
        out.write(text)
        written += len(text)
    out.write(LAST + "\n")


def ticks(screen):
    """The numbers of the log's lines that a screen shows."""
    return [int(found) for found in re.findall(r"(?<!\d)(\d{3,}): [a-z]", screen.text())]


class Opened:
    """The experiment of one log: how it is opened and searched by the dashboard, and by its peers."""

    def __init__(self, size):
        text = f"import large_logs\nlarge_logs.write_log(sys.stdout, {size})"
        self.yaml, self.outdir = ended(f"log-{size >> 20}", 1, text)
        self.log = self.outdir / "s1/attempt-1/m5out/simout.txt"
        self.settle = 2.5 if size > 2 << 30 else 1
        self.last = None
        timed(["cat", str(self.log)])

    def dashboard(self):
        """A dashboard that shows the end of the log, and milliseconds from its start."""
        terminal = Terminal([settings.PROGRAM, str(self.yaml)], self.yaml.parent)
        came = terminal.until_text(LAST)
        self.last = max(ticks(terminal.screen))
        return terminal, (came - terminal.started) * 1000

    def open(self, _):
        terminal, took = self.dashboard()
        terminal.close()
        return took

    def count(self, _):
        """Until its lines are counted, which is when it draws no more."""
        terminal, took = self.dashboard()
        end = terminal.started + took / 1000
        while time.perf_counter() < terminal.started + 60 and (came := terminal.read(1.5)):
            end = came
        found = {"ms": (end - terminal.started) * 1000, "cpu": sum(times(terminal.pid)[:2]), "peak": high_water(terminal.pid) / 1e6}
        terminal.close()
        return found

    def in_the_log(self, keys):
        """A dashboard with its lines counted and the log as large as the screen."""
        terminal, _ = self.dashboard()
        terminal.drain(self.settle)
        terminal.press("\t", "z")
        if keys:
            terminal.send(keys)
            terminal.until_text(FIRST, 20)
            terminal.drain(0.3)
        return terminal

    def search(self, needle, text, keys="g"):
        """The words that are looked for stand in the prompt, too; `text` are others of their line."""

        def run(_):
            terminal = self.in_the_log(keys)
            terminal.press("/" + needle, pause=0.3)
            cpu, start = cpu_ns(terminal.pid), time.perf_counter()
            terminal.send("\r")
            came = terminal.until_text(text, 120)
            found = {"ms": (came - start) * 1000, "peak": high_water(terminal.pid) / 1e6, "cpu": (cpu_ns(terminal.pid) - cpu) / 1e9}
            terminal.close()
            return found

        return run

    def middle_shown(self, screen):
        return any(0.48 < tick / self.last < 0.52 for tick in ticks(screen))

    def middle(self, _):
        """From the keys to the middle of the log; None where the dashboard knows no such keys."""
        terminal = self.in_the_log("g")
        start = time.perf_counter()
        terminal.send(TO_THE_MIDDLE)
        try:
            return (terminal.until(self.middle_shown, 5) - start) * 1000
        except TimeoutError:
            return None
        finally:
            terminal.close()

    def less(self, *arguments):
        return Terminal(["less", "-n", *arguments, str(self.log)], self.yaml.parent)

    def less_open(self, argument, test):
        def run(_):
            terminal = self.less(argument)
            came = terminal.until(test)
            terminal.close()
            return (came - terminal.started) * 1000

        return programs.needs("less", run)

    def less_keys(self, keys, test, *arguments):
        def run(_):
            terminal = self.less(*arguments)
            terminal.until_text(FIRST)
            terminal.drain(0.2)
            start = time.perf_counter()
            terminal.send(keys)
            found = {"ms": (terminal.until(test, 240) - start) * 1000, "peak": high_water(terminal.pid) / 1e6}
            terminal.close()
            return found

        return programs.needs("less", run)

    def command(self, *argv):
        return programs.needs(argv[0], lambda _: timed([*argv, str(self.log)]))


def shows(text):
    return lambda screen: text in screen.text()


def large_logs():
    for size in (100 << 20,) if settings.quick else (1 << 30, 5 << 30):
        opened = Opened(size)
        keeper, _ = opened.dashboard()  # It keeps the engine, as a dashboard that is open elsewhere.
        keeper.drain(1)
        try:
            label = f"log of {size / (1 << 30):.1f} GiB"
            opening(opened, label)
            to_the_middle(opened, label)
            searching(opened, label, size > 2 << 30)
        finally:
            stop(opened.yaml, opened.outdir)
            keeper.close()


def opening(opened, label):
    found = turns({"ours": opened.open, "less": opened.less_open("+G", shows(LAST)), "tail": opened.command("tail", "-n", "40"),
                   "count": opened.count, "wc": opened.command("wc", "-l")})
    what = f"{label}: open at its end, from the start of the program"
    results.row("E5", what, found["ours"], "less +G", found["less"], "ms", aim="log open")
    results.row("E5", what, found["ours"], "tail -n 40", walls(found["tail"]), "ms")
    counted = found["count"]
    results.row("E5", f"{label}: until its lines are counted", [one["ms"] for one in counted], "wc -l", walls(found["wc"]), "ms",
                f"CPU {spread([one['cpu'] for one in counted])} s")
    results.row("E5", f"{label}: largest RSS of the client", [one["peak"] for one in counted], unit="MB", aim="log memory")


def to_the_middle(opened, label):
    found = turns({"ours": opened.middle, "less": opened.less_open("+50p", opened.middle_shown),
                   "keys": opened.less_keys("50p", opened.middle_shown)})
    reached = [one for one in found["ours"] if one is not None]
    ours = reached if len(reached) == len(found["ours"]) else None
    missing = "no key goes there" if not reached else "it was not shown each time"
    results.row("E6", f"{label}: to the middle by its keys", ours, "less +50p, from its start", found["less"], "ms",
                aim="log middle", missing=missing)
    results.row("E6", f"{label}: to the middle by its keys", ours, "less, 50p", [one["ms"] for one in found["keys"]], "ms",
                missing=missing)


def searching(opened, label, slow):
    """`slow` leaves out the pager's way through all of the log: half a minute for each GiB."""

    def rg(needle, *more):
        return opened.command("rg", "--no-mmap", "-F", "-m1", *more, needle)

    def less(needle, text, *arguments):
        return opened.less_keys(f"/{needle}\r", shows(text), *arguments)

    contestants = {
        "end": opened.search("NEEDLE-NEAR-END", "needle.near.end"),
        "end, any case": opened.search("needle-near-end", "needle.near.end"),
        "middle": opened.search("NEEDLE-IN-MIDDLE", "needle.in.middle"),
        "start": opened.search("NEEDLE-NEAR-START", "needle.near.start"),
        "start from the end": opened.search("NEEDLE-NEAR-START", "needle.near.start", keys=""),
        "rg end": rg("NEEDLE-NEAR-END"),
        "rg -i end": rg("needle-near-end", "-i"),
        "rg middle": rg("NEEDLE-IN-MIDDLE"),
        "rg start": rg("NEEDLE-NEAR-START"),
        "grep end": opened.command("grep", "-F", "-m1", "NEEDLE-NEAR-END"),
        "less start": less("NEEDLE-NEAR-START", "needle.near.start"),
    }
    if not slow:
        contestants["less end"] = less("NEEDLE-NEAR-END", "needle.near.end")
        contestants["less -i end"] = less("needle-near-end", "needle.near.end", "-i")
    found = turns(contestants)
    ms = {name: [one["ms"] if isinstance(one, dict) else one.wall * 1000 for one in runs] for name, runs in found.items()}

    def tell(what, ours, peer, theirs, aim=None, family="E7"):
        if theirs in ms:
            results.row(family, f"{label}: {what}", ms[ours], peer, ms[theirs], "ms", aim=aim)

    tell("search, a mark at 99 %", "end", "rg -F", "rg end", "log search")
    tell("search, a mark at 99 %", "end", "grep -F", "grep end")
    tell("search, a mark at 99 %", "end", "less", "less end")
    tell("the same in any case", "end, any case", "rg -F -i", "rg -i end", "log search")
    tell("the same in any case", "end, any case", "less -i", "less -i end")
    tell("to the middle by a search", "middle", "rg -F", "rg middle", family="E6")
    tell("search, a mark at 1 %", "start", "rg -F", "rg start")
    tell("search, a mark at 1 %", "start", "less", "less start")
    tell("search, a mark at 1 % from the last page, around the end", "start from the end", "rg -F", "rg start")
    peers = found["less start" if slow else "less end"]
    results.row("E7", f"{label}: largest RSS of the client after a search", [one["peak"] for one in found["end"]], "less",
                [one["peak"] for one in peers], "MB", f"CPU of the search {spread([one['cpu'] for one in found['end']])} s")
