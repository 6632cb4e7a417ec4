#!/usr/bin/env python3
"""What a spawned call of a suite costs, beside gem5's own `gem5.utils.multiprocessing` in the same interpreter.

    cargo build --release && python3 benches/suite.py [ROUNDS]

200 calls of a function that does nothing by `Pool(8).map`, and 50 `Process`es one after the other. The same script is run by
gem5-tui as a suite (each call is a simulation: a directory, a shim, records and syncs), and by the interpreter alone: the
stand-in gem5 with gem5's own way to spawn, and python3 with its own. They take turns, so that a busy machine slows all of
them; what counts is the ratio of the medians. Wall time of the whole command, divided by the calls.

    python3 benches/suite.py --growth [CALLS]

1,000 `Process`es one after the other and 1,000 calls of one map: what a call costs as the plan grows, by tenths; and how long it
takes until a request is a simulation of the plan, on disk.

    python3 benches/suite.py --idle [SECONDS]

What the engine, the shim and the script of a suite that waits for one simulation use: CPU time and wakeups.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

CAP, TASKS, PROCESSES = 8, 200, 50
ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("GEM5_TUI", str(ROOT / "target/release/gem5-tui"))
STAND_IN = str(ROOT / "assets/standin/gem5-standin")
PYTHON = os.path.realpath(sys.executable)

GEM5S = "from gem5.utils.multiprocessing import Pool, Process"
PYTHONS = "import multiprocessing; c = multiprocessing.get_context('spawn'); Pool, Process = c.Pool, c.Process"
MAIN = 'from work import nothing\nif __name__ in ("__main__", "__m5_main__"):\n'
WORK = {
    "map": "    with Pool({cap}, maxtasksperchild=1) as pool:\n        pool.map(nothing, range({count}), chunksize=1)\n",
    "one by one": "    for n in range({count}):\n        p = Process(target=nothing, args=(n,)); p.start(); p.join()\n",
}
COUNTS = {"map": TASKS, "one by one": PROCESSES}


def timed(argv, cwd, count, env):
    start = time.monotonic()
    subprocess.run(argv, cwd=cwd, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.monotonic() - start) * 1000 / count


def environment(folder):
    """With Python's byte code, without which gem5's own way to spawn hangs."""
    env = dict(os.environ, XDG_RUNTIME_DIR=str(folder), XDG_CACHE_HOME=str(folder / "cache"))
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def experiment(folder, gem5, script, name):
    file = folder / (name + ".yaml")
    file.write_text(f"gem5: {gem5}\nconcurrency: {CAP}\nsimulations:\n  - suite: {script}\n")
    return file


def compare(folder, rounds):
    env = environment(folder)
    (folder / "work.py").write_text("def nothing(_):\n    pass\n")
    runs = {}
    for kind, body in WORK.items():
        count, body = COUNTS[kind], body.format(cap=CAP, count=COUNTS[kind])
        word = kind.split()[0]
        for gem5, name, words, own in ((STAND_IN, "stand-in", GEM5S, "gem5's own"), (PYTHON, "python3", PYTHONS, "its own")):
            (folder / f"{word}_suite.py").write_text(GEM5S + "\n" + MAIN + body)
            (folder / f"{word}_{name}.py").write_text(words + "\n" + MAIN + body)
            file = experiment(folder, gem5, f"{word}_suite.py", f"{word}-{name}")

            def ours(round, file=file, count=count):
                out = folder / f"runs-{file.stem}-{round}"
                return timed([PROGRAM, "run", file.name, "--outdir", str(out)], folder, count, env)

            def theirs(round, argv=[gem5, f"{word}_{name}.py"], count=count):
                return timed(argv, folder, count, env)

            runs[kind, name] = {"gem5-tui": ours, own: theirs}
    times = {key: {who: [] for who in pair} for key, pair in runs.items()}
    for round in range(rounds):
        for key, pair in runs.items():
            for who in list(pair) if round % 2 == 0 else list(pair)[::-1]:
                times[key][who].append(pair[who](round))
    print(f"at most {CAP} at a time, {rounds} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for (kind, name), pair in times.items():
        (ours, base), (theirs, peer) = ((who, statistics.median(values)) for who, values in pair.items())
        spread = {who: f"{statistics.median(v):.1f} ms ({min(v):.1f} to {max(v):.1f})" for who, v in pair.items()}
        print(f"{COUNTS[kind]:4} {kind:10} {name:8}  {ours} {spread[ours]}, {theirs} {spread[theirs]}, ratio {base / peer:.2f}")


def growth(folder, count):
    env = environment(folder)
    (folder / "work.py").write_text("def nothing(_):\n    pass\n")
    head = GEM5S + "\nimport json, time\n" + MAIN
    (folder / "one.py").write_text(
        head + f"    at = [time.monotonic()]\n    for n in range({count}):\n"
        "        p = Process(target=nothing, args=(n,)); p.start(); p.join()\n        at.append(time.monotonic())\n"
        "    print('at', json.dumps(at))\n")
    (folder / "map.py").write_text(
        head + f"    at = [time.monotonic()]\n    with Pool({CAP}) as pool:\n"
        f"        for _ in pool.imap_unordered(nothing, range({count})):\n            at.append(time.monotonic())\n"
        "    print('at', json.dumps(at))\n")
    for name in ("one", "map"):
        file = experiment(folder, PYTHON, f"{name}.py", name)
        out = folder / f"runs-{name}"
        subprocess.run([PROGRAM, "run", file.name, "--outdir", str(out)], cwd=folder, check=True, env=env, stdout=subprocess.DEVNULL)
        attempt = out / name / "attempt-1"
        log = (attempt / "m5out" / "simout.txt").read_text()
        at = json.loads(next(line[3:] for line in log.splitlines() if line.startswith("at ")))
        part = count // 10
        tenths = range(0, count, part)
        print(f"{count} {name}, by tenths")
        print("  ms a call:    " + " ".join(f"{(at[n + part] - at[n]) * 1000 / part:6.1f}" for n in tenths))
        taken = [taking(attempt / "spawns", number) for number in range(1, count + 1)]
        print("  ms to take it:" + " ".join(f"{statistics.median(taken[n:n + part]):6.1f}" for n in tenths))


def taking(spawns, number):
    """Milliseconds from a request to what the engine notes of it: in between it has become a part of the plan."""
    asked, noted = ((spawns / f"{number}{kind}.json").stat().st_mtime_ns for kind in ("", ".taken"))
    return (noted - asked) / 1e6


def idle(folder, seconds):
    env = environment(folder)
    (folder / "work.py").write_text("import time\ndef nothing(seconds):\n    time.sleep(seconds)\n")
    (folder / "wait.py").write_text(
        GEM5S + f"\nimport os, work\nprint('pid', os.getpid(), flush=True)\n"
        f"p = Process(target=work.nothing, args=({seconds + 10},)); p.start(); p.join()\n")
    file = experiment(folder, STAND_IN, "wait.py", "wait")
    out = folder / "runs"
    engine = subprocess.Popen(
        [PROGRAM, "engine", file.name, "--outdir", str(out)], cwd=folder, env=env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    started = out / "wait" / "attempt-1" / "started.json"
    while not started.exists() or not list(out.glob("wait.*/attempt-1/started.json")):
        time.sleep(0.1)
    time.sleep(3)
    record = json.loads(started.read_text())
    pids = {"engine": engine.pid, "shim": record["shim"]["pid"], "script": record["gem5"]["pid"]}
    before = {name: used(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    for name, pid in pids.items():
        (cpu, wakeups), (cpu_before, wakeups_before) = used(pid), before[name]
        print(f"{name:7} {(cpu - cpu_before) * 1000 / seconds:.2f} ms of CPU and {(wakeups - wakeups_before) / seconds:.1f} wakeups a second")
    engine.terminate()
    engine.wait()
    time.sleep(8)


def used(pid):
    """Seconds of CPU and how often it was woken, of all threads."""
    nanoseconds = wakeups = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        nanoseconds += int((task / "schedstat").read_text().split()[0])
        status = (task / "status").read_text()
        wakeups += int(next(line.split()[1] for line in status.splitlines() if line.startswith("voluntary_ctxt_switches")))
    return nanoseconds / 1e9, wakeups


def main():
    words = sys.argv[1:]
    what = {"--growth": (growth, 1000), "--idle": (idle, 20)}.get(words[0] if words else None)
    if what is not None:
        words = words[1:]
    function, number = what or (compare, 5)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        function(pathlib.Path(folder), int(words[0]) if words else number)


main()
