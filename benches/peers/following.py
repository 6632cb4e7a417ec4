"""E8: following a log that is written at 100 MB/s.

Each line carries the moment at which it was written, on the clock that everybody here reads. At each change of the screen the newest
line on it tells how old what is shown is. `tail -F` writes into a pipe, all that comes; a pager and the dashboard draw.
"""

import os
import re
import select
import subprocess
import time

import programs
import results
import settings
from engines import engine_of, stop
from experiments import experiment, place, script
from measured import spread
from processes import cpu_ns, high_water, wait_for
from terminal import Terminal
from turns import turns

WRITER = """#!{python}
import os, sys, time
if sys.argv[1:2] == ["-B"]: sys.exit(1)
rate, seconds = {rate}, {seconds}
start = time.perf_counter()
wait = start + 1.5
while time.perf_counter() < wait: time.sleep(0.01)
start, n, every = time.perf_counter(), 0, 0.01
while True:
    now = time.perf_counter()
    if now - start > seconds: break
    line = b"T%017.6fT: system.cpu.dcache: a line of a log that is written fast, about a hundred bytes long ......\\n" % now
    block = line * int(rate * every / len(line))
    view = memoryview(block)
    while view:
        view = view[os.write(1, view):]
    n += 1
    time.sleep(max(0, start + n * every - time.perf_counter()))
"""
STAMP = re.compile(r"T(\d{10}\.\d{6})T")


def stamped(screen):
    return STAMP.search(screen.text())


def lags(terminal, until):
    """At each change of the screen: how old the newest line on it is, in milliseconds."""
    found, last = [], 0.0
    while time.perf_counter() < until and not terminal.dead:
        came = terminal.read(until - time.perf_counter())
        stamps = STAMP.findall(terminal.screen.text()) if came else None
        if stamps and float(max(stamps)) != last:
            last = float(max(stamps))
            found.append((came - last) * 1000)
    return found


def followed(terminal, seconds, engine=None):
    """What a terminal shows while so many seconds are written, without the first one."""
    terminal.until(stamped, 30)
    end = time.perf_counter() + seconds - 1
    lags(terminal, time.perf_counter() + 1)
    pids = [pid for pid in (terminal.pid, engine) if pid]
    before, wrote, start = [cpu_ns(pid) for pid in pids], terminal.bytes, time.perf_counter()
    found = lags(terminal, end)
    span = time.perf_counter() - start
    cpu = [(cpu_ns(pid) - ns) / 1e7 / span for pid, ns in zip(pids, before)]
    return {"lags": found, "cpu": cpu[0], "engine": cpu[1:], "rss": high_water(terminal.pid) / 1e6,
            "updates": len(found) / span, "bytes": (terminal.bytes - wrote) / span}


def piped(argv, seconds):
    """The same of a program that writes into a pipe, read as fast as it comes."""
    child = subprocess.Popen(argv, stdout=subprocess.PIPE)
    begin, end = time.perf_counter() + 2.5, time.perf_counter() + seconds + 0.5
    found, cpu, start = [], 0, begin
    while time.perf_counter() < end:
        if not select.select([child.stdout], [], [], 0.1)[0]:
            continue
        data = os.read(child.stdout.fileno(), 1 << 16)
        now = time.perf_counter()
        if now < begin:
            cpu, start = cpu_ns(child.pid), now
            continue
        stamps = STAMP.findall(data[-400:].decode(errors="replace"))
        if stamps:
            found.append((now - float(stamps[-1])) * 1000)
    result = {"lags": found, "cpu": (cpu_ns(child.pid) - cpu) / 1e7 / (time.perf_counter() - start),
              "rss": high_water(child.pid) / 1e6}
    child.kill()
    child.wait()
    return result


def following():
    seconds, rate = (5, 50e6) if settings.quick else (15, 100e6)

    def writer(directory):
        text = WRITER.format(python=settings.PYTHON, rate=int(rate), seconds=seconds)
        return script(directory / "gem5-writes", text)

    def ours(_):
        directory = place("following")
        yaml = experiment(directory, "fast", writer(directory), 1, 1)
        outdir = directory / "runs/fast"
        terminal = Terminal([settings.PROGRAM, str(yaml), "--start"], directory)
        try:
            return followed(terminal, seconds, wait_for(lambda: engine_of(outdir)))
        finally:
            stop(yaml, outdir)
            terminal.close()
            place("following")

    def peer(argv, look):
        def run(_):
            log = place("following") / "log"
            with open(log, "ab") as out:
                child = subprocess.Popen([str(writer(log.parent)), "x"], stdout=out)
            try:
                return look([*argv, str(log)], seconds)
            finally:
                child.kill()
                child.wait()
                log.unlink()

        return programs.needs(argv[0], run)

    def drawn(argv, seconds):
        terminal = Terminal(argv)
        try:
            return followed(terminal, seconds)
        finally:
            terminal.close()

    found = turns({"ours": ours, "tail -F": peer(["tail", "-F"], piped), "less +F": peer(["less", "-n", "+F"], drawn)},
                  1 if settings.quick else None)
    tell(f"follow {rate / 1e6:.0f} MB/s", found)


def tell(what, found):
    lag = {name: [one for run in runs for one in run["lags"]] for name, runs in found.items()}

    def each(name, key):
        return [run[key] for run in found[name]]

    for name, peer in (("tail -F", "tail -F, into a pipe"), ("less +F", "less +F")):
        results.quantiles("E8", f"{what}: age of the newest line shown", lag["ours"], peer, lag[name])
        results.row("E8", f"{what}: CPU of a core", each("ours", "cpu"), peer, each(name, "cpu"), "%")
        results.row("E8", f"{what}: largest RSS", each("ours", "rss"), peer, each(name, "rss"), "MB")
    results.row("E8", f"{what}: screen updates", each("ours", "updates"), "less +F", each("less +F", "updates"), "/s",
                f"{spread([size / 1e3 for size in each('ours', 'bytes')])} kB/s to the terminal")
    results.row("E8", f"{what}: CPU of the engine, of a core", [one for run in found["ours"] for one in run["engine"]], unit="%")
