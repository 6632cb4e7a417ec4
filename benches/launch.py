#!/usr/bin/env python3
"""Wall time per simulation of 200 simulations that do nothing, at most eight at a time, beside two peers.

    cargo build --release && python3 benches/launch.py [ROUNDS]

The same empty Python script is run by gem5-tui (a shim, records and syncs for every one), by `xargs -P8`, and by
Python's own `Pool(8, maxtasksperchild=1)` with the spawn method, which is what gem5's multiprocessing does. The peers take
turns, so that a busy machine slows all of them; what counts is the ratio of the medians.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

COUNT, CAP = 200, 8
ROOT = pathlib.Path(__file__).resolve().parent.parent
POOL = f"""
import multiprocessing
def task(_): pass
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool({CAP}, maxtasksperchild=1) as pool:
        pool.map(task, range({COUNT}), chunksize=1)
"""


def timed(argv, cwd, **kwargs):
    start = time.monotonic()
    subprocess.run(argv, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)
    return (time.monotonic() - start) * 1000 / COUNT


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    python = os.path.realpath(sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "nothing.py").write_text("")
        (folder / "pool.py").write_text(POOL)
        (folder / "many.yaml").write_text(
            f"gem5: {python}\nconcurrency: {CAP}\nsimulations:\n  - name: s${{i}}\n    script: nothing.py\n"
            f"    args: ['${{i}}']\n    matrix: {{i: {{range: [1, {COUNT}, 1]}}}}\n")
        numbers = "\n".join(map(str, range(COUNT))).encode()
        environment = dict(os.environ, XDG_RUNTIME_DIR=str(folder))
        program = str(ROOT / "target/release/gem5-tui")

        def ours(round):
            return timed([program, "run", "many.yaml", "--outdir", str(folder / f"runs-{round}")], folder, env=environment)

        def xargs(_):
            return timed(["xargs", f"-P{CAP}", "-n1", python, "nothing.py"], folder, input=numbers)

        def pool(_):
            return timed([python, "pool.py"], folder)

        peers = {"gem5-tui run": ours, "xargs -P8": xargs, "Pool, spawn": pool}
        times = {name: [] for name in peers}
        for round in range(rounds):
            order = list(peers) if round % 2 == 0 else list(peers)[::-1]
            for name in order:
                times[name].append(peers[name](round))
        base = statistics.median(times["gem5-tui run"])
        print(f"{COUNT} simulations, cap {CAP}, {rounds} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for name, values in times.items():
            median = statistics.median(values)
            print(f"{name:14} {median:7.1f} ms each  ({min(values):.1f} to {max(values):.1f}), gem5-tui / this = {base / median:.2f}")


main()
