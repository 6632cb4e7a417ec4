#!/usr/bin/env python3
"""A table of 10,000 runs and 20 metrics from their stats.txt, beside pandas.

    cargo build --release && python3 benches/results.py [RUNS [ROUNDS]]

Each run has the output of a gem5 of realistic size: some 1,100 lines, 120 kB. gem5-tui makes its tables cold (its own cache is empty;
the files are in that of the kernel, for all peers alike) and warm. Peers are scripts that read each file line by line, make one frame
and pivot it for each metric:

- `pandas, plain` is what people write: every stat of every file goes into the frame.
- `pandas, lean` knows before what it wants and keeps nothing else; `lean, a pool` does so with a process for each core.

What counts is the ratio of the medians. The peers take turns, so that a busy machine slows all of them.

gem5-tui makes the same tables of an `experiment` of its own as well: the same stats in the directories of attempts with the records that
one real run of a stand-in gem5 left, and of both it writes `rows`, one a run, as CSV.
"""
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = ["cpu", "cpu.icache", "cpu.dcache", "l2", "l3", "membus", "mem_ctrls", "cpu.branchPred", "cpu.mmu", "tol2bus"]
FIELDS = ["overallMisses", "overallHits", "overallAccesses", "avgOccupancy", "writebacks", "demandMshrMisses", "blockedCycles",
          "replacements", "tagAccesses", "dataAccesses"]
#: The name that a metric has, and the stat.
METRICS = [("insts", "simInsts"), ("cycles", "system.cpu.numCycles")] + [
    (f"m{number}", f"system.{PARTS[number % 10]}.{FIELDS[number % 7]}::p{number % 5}") for number in range(18)]

PANDAS = """
import multiprocessing, pathlib, resource, sys
import pandas as pd
METRICS = {metrics!r}
WANTED = {{stat: name for name, stat in METRICS}}

def read_all(path):
    row = {{"workload": path.parts[-3], "l2": path.parts[-2]}}
    with open(path) as stats:
        for line in stats:
            fields = line.split()
            if len(fields) > 1 and not line.startswith("-"):
                row[fields[0]] = float(fields[1])
    return row

def read(path):
    row = {{"workload": path.parts[-3], "l2": path.parts[-2]}}
    with open(path) as stats:
        for line in stats:
            fields = line.split(None, 2)
            if len(fields) > 1 and fields[0] in WANTED:
                row[WANTED[fields[0]]] = float(fields[1])
    return row

if __name__ == "__main__":
    paths = list(pathlib.Path(sys.argv[1]).glob("*/*/stats.txt"))
    if sys.argv[2] == "plain":
        frame = pd.DataFrame([read_all(path) for path in paths])
        for _, stat in METRICS:
            print(frame.pivot(index="l2", columns="workload", values=stat))
        sys.exit()
    if sys.argv[2] == "lean":
        rows = [read(path) for path in paths]
    else:
        with multiprocessing.Pool() as pool:
            rows = pool.map(read, paths, chunksize=50)
    frame = pd.DataFrame(rows)
    for name, _ in METRICS:
        print(frame.pivot(index="l2", columns="workload", values=name))
"""


def stats(rng):
    """The text of a dump, in gem5's layout."""
    lines = ["", "---------- Begin Simulation Statistics ----------"]
    first = [("simSeconds", "0.001647", "Second"), ("simTicks", "1647262000", "Tick"), ("finalTick", "1647262000", "Tick"),
             ("simFreq", "1000000000000", "(Tick/Second)"), ("hostSeconds", "6.86", "Second"), ("simInsts", "858513", "Count"),
             ("system.cpu.numCycles", str(rng.randrange(10**6, 10**8)), "Cycle")]
    values = [(name, value, unit) for name, value, unit in first]
    for part in PARTS:
        for field in FIELDS:
            for vector in range(11):
                values.append((f"system.{part}.{field}::p{vector}", str(rng.randrange(10**9)), "Count"))
    for name, value, unit in values:
        lines.append(f"{name:<40} {value:>12}                       # number of things that were counted in it ({unit})")
    lines += ["", "---------- End Simulation Statistics   ----------", ""]
    return "\n".join(lines)


def tree(folder, runs):
    rng = random.Random(1)
    workloads = 100 if runs >= 1000 else 10
    texts = [stats(rng) for _ in range(20)]
    log = ("gem5 Simulator System.  https://www.gem5.org\n\ngem5 version 24.0.0.1\n\n"
           "Exiting @ tick 1647262000 because exiting with last active thread context\n")
    for number in range(runs):
        run = folder / f"w{number % workloads:03}" / f"{number // workloads + 1}KiB"
        run.mkdir(parents=True)
        # No two files are alike.
        text = texts[number % len(texts)].replace("858513", str(rng.randrange(10**5, 10**6)))
        (run / "stats.txt").write_text(text)
        (run / "simout.txt").write_text(log)
        (run / "status.json").write_text('{"exit_code": 0}')
    return len(texts[0]), texts[0].count("\n")


EXPERIMENT = """
name: bench
gem5: ./gem5
outdir: runs
simulations:
  - name: ${{workload}}-${{l2}}
    script: script.py
    args: ["--workload=${{workload}}", "--l2=${{l2}}"]
    matrix: {{workload: {workloads}, l2: {sizes}}}
"""

GEM5 = """#!{python}
import pathlib, sys
out = next(word.split("=", 1)[1] for word in sys.argv if word.startswith("--outdir="))
output = pathlib.Path(sys.argv[0]).parent / "output"
pathlib.Path(out, "stats.txt").write_text((output / "stats.txt").read_text())
print((output / "simout.txt").read_text())
"""


def experiment(folder, runs, program, environment):
    """The directory of an experiment with an ended attempt of each simulation: one was run, and the others are like it."""
    first, *_ = found = sorted(path.parent for path in runs.glob("*/*/stats.txt"))
    folder.mkdir()
    (folder / "output").mkdir()
    for name in ["stats.txt", "simout.txt"]:
        (folder / "output" / name).write_text((first / name).read_text())
    (folder / "gem5").write_text(GEM5.format(python=sys.executable))
    (folder / "gem5").chmod(0o755)
    (folder / "script.py").write_text("")

    def write(runs):
        workloads, sizes = sorted({run.parent.name for run in runs}), sorted({run.name for run in runs})
        (folder / "sweep.yaml").write_text(EXPERIMENT.format(workloads=workloads, sizes=sizes))

    write([first])
    subprocess.run([program, "run", "sweep.yaml"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    known = f"{first.parent.name}-{first.name}"
    records = {path.name: path.read_text() for path in (folder / "runs" / known / "attempt-1").glob("*.json")}
    logs = {path.name: path.read_text() for path in (folder / "runs" / known / "attempt-1/m5out").glob("sim*.txt")}
    for run in found[1:]:
        name = f"{run.parent.name}-{run.name}"
        attempt = folder / "runs" / name / "attempt-1"
        (attempt / "m5out").mkdir(parents=True)
        (attempt.parent / "latest").symlink_to("attempt-1")
        for record, text in records.items():
            text = text.replace(known, name)
            for old, new in [(first.parent.name, run.parent.name), (first.name, run.name)]:
                text = text.replace(f'"{old}"', f'"{new}"').replace(f'={old}"', f'={new}"')
            (attempt / record).write_text(text)
        for log, text in logs.items():
            (attempt / "m5out" / log).write_text(text)
        (attempt / "m5out/stats.txt").write_text((run / "stats.txt").read_text())
        # The record of its end tells when each was written.
        for written in json.loads(records["exit.json"])["written"]:
            os.utime(attempt / written["file"], ns=(written["modified_ms"] * 1_000_000,) * 2)
    write(found)


def timed(argv, **kwargs):
    """Seconds, and the most memory in MB."""
    start = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{argv[0]} ended with {process.returncode}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    program = os.environ.get("GEM5_TUI", str(ROOT / "target/release/gem5-tui"))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        size, lines = tree(folder / "runs", runs)
        environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))
        experiment(folder / "own", folder / "runs", program, environment)
        (folder / "peer.py").write_text(PANDAS.format(metrics=METRICS))
        # A file of this moment may be written again unseen, and is not kept.
        time.sleep(3)
        metrics = [word for name, stat in METRICS for word in ("--metric", stat)]
        foreign, own = ["runs", "--pattern", "{workload}/{l2}"], ["own/sweep.yaml"]
        tables, rows = ["--rows", "l2", "--cols", "workload"], ["--format", "csv"]

        def warm(where, form):
            return lambda: timed([program, "results"] + where + form + metrics, cwd=folder, env=environment)

        def cold(where):
            def peer():
                subprocess.run(["rm", "-rf", str(folder / "cache")], check=True)
                return warm(where, tables)()
            return peer

        def pandas(how):
            return lambda: timed([sys.executable, "peer.py", "runs", how], cwd=folder)

        peers = {"cold": cold(foreign), "warm": warm(foreign, tables), "warm, rows": warm(foreign, rows),
                 "experiment, cold": cold(own), "experiment, warm": warm(own, tables), "experiment, rows": warm(own, rows),
                 "pandas, plain": pandas("plain"), "pandas, lean": pandas("lean"), "lean, a pool": pandas("pool")}
        taken = {name: [] for name in peers}
        for _ in range(rounds):
            for name, peer in peers.items():
                taken[name].append(peer())
    median = {name: statistics.median(seconds for seconds, _ in values) for name, values in taken.items()}
    print(f"{runs} runs of {lines} lines, {size / 1000:.0f} kB, {len(METRICS)} metrics, {rounds} rounds, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}")
    for name, values in taken.items():
        seconds = [second for second, _ in values]
        scripts = [other for other in list(peers)[-3:] if other != name]
        ratios = ", ".join(f"{median[other] / median[name]:.2f} x as fast as {other}" for other in scripts)
        print(f"{name:16} {median[name]:7.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), {max(memory for _, memory in values):6.0f} MB "
              f"at most; {ratios}")


main()
