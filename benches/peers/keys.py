"""E10: from a key to the bytes that show it.

In the list a key counts as shown when another row is selected; of a pager the first bytes after the key count, which is earlier or
the same. Keys come at random moments, 50 to 150 ms apart, so that they meet whatever the program does by itself. Peers are measured
in between, on the same busy or idle machine.
"""

import random
import re
import shutil
import statistics
import time

import machine
import results
import settings
from engines import stop
from experiments import finished, place, running, streamer
from large_logs import write_log
from terminal import Terminal

#: A key that nothing answers within this many seconds has been lost.
LOST = 2.0

PEERS = ("less", "htop", "lnav")


def key_times(terminal, keys, presses, moved=None, pause=(0.05, 0.15)):
    """Milliseconds from each key to what shows it. `moved` tells a state from a screen; without it any bytes do."""
    found = []
    rng = random.Random(3)
    for press in range(presses):
        terminal.drain(rng.uniform(*pause))
        before = moved(terminal.screen) if moved else None
        start = time.perf_counter()
        terminal.send(keys[press // 5 % len(keys)])
        end, took = start + LOST, LOST
        while time.perf_counter() < end and not terminal.dead:
            came = terminal.read(end - time.perf_counter())
            if came and (moved is None or moved(terminal.screen) != before):
                took = came - start
                break
        found.append(took * 1000)
    return found


def selected(screen):
    """The line and the name that are selected in the list."""
    for y, line in enumerate(screen.lines()):
        if "▌" in line:
            name = re.search(r"▌.*?\b(s[\d-]+)\b", line)
            return y, name[1] if name else ""
    return None


class Beside:
    """The peers, and how long their keys took."""

    def __init__(self):
        self.log = place("keys") / "log"
        with open(self.log, "w") as out:
            write_log(out, 20 << 20)
        self.times = {name: [] for name in PEERS}

    def press(self, name, argv, keys, presses, settle, before=()):
        if shutil.which(argv[0]):
            home = dict(settings.ENVIRONMENT, HOME=str(self.log.parent))
            terminal = Terminal(argv, environment=home)
            terminal.drain(settle)
            terminal.press(*before, pause=1)
            self.times[name] += key_times(terminal, keys, presses)
            terminal.close()

    def round(self, presses):
        self.press("less", ["less", "-n", str(self.log)], "jk", presses, 0.5)
        self.press("htop", ["htop"], ["\x1b[B", "\x1b[A"], presses, 1)
        self.press("lnav", ["lnav", "-N", str(self.log)], "jk", presses, 3, ["gg"])


def keys():
    presses = 50 if settings.quick else 200
    beside, ours = Beside(), {}

    def measure(name, dashboard):
        dashboard.drain(3)
        ours[name] = []
        for _ in range(5):
            with machine.quiet():
                ours[name] += key_times(dashboard, "jk", presses // 5, selected)
                beside.round(presses // 20)
        settings.say(name, statistics.median(ours[name]))

    for count in (5, 20) if settings.quick else (20, 1000):
        with running(count) as (dashboard, _, _, _):
            measure(f"{count} running", dashboard)
    with running(50, streamer) as (dashboard, _, _, _):
        measure("50 running, each 20 lines/s", dashboard)
    count = 500 if settings.quick else 10_000
    yaml, outdir = finished(count)
    dashboard = Terminal([settings.PROGRAM, str(yaml)], yaml.parent)
    try:
        dashboard.until(selected, 120)
        measure(f"{count} ended", dashboard)
        typed = filtering(dashboard)
    finally:
        dashboard.close()
        stop(yaml, outdir)
    for name, times in ours.items():
        for peer in PEERS:
            results.quantiles("E10", f"a key in the list, {name}", times, peer, beside.times[peer],
                              aim=(None, "key p99" if peer == PEERS[0] else None))
    results.quantiles("E10", f"a letter of a filter, {count} ended", typed, aim=(None, "key p99"))


def filtering(dashboard):
    """A filter that leaves few, letter by letter: each one looks at all names."""
    typed = []
    for _ in range(5):
        with machine.quiet():
            for text in ("s77", "9!"):
                dashboard.press("/", pause=0.3)
                typed += [took for letter in text for took in key_times(
                    dashboard, [letter], 1, lambda screen: screen.text(), (0.1, 0.2))]
                dashboard.press("\x1b", "\x1b")
    return typed
