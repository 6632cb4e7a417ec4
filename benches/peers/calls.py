"""E1: system calls per simulation, by who makes them.

The difference between a long and a short run, divided by the simulations in between, so that what is done once is left out.
"""

import re
import shutil
import subprocess

import results
import settings
from experiments import experiment, place

#: What a launch is made of; what the job itself does is its own.
OURS = ("engine", "fork of the engine", "shim", "fork of the shim")


def whose(line, who):
    """Who a process is after this line of its trace. What comes before its first exec was done by a fork of its parent."""
    if not line.startswith("execve(") or not line.endswith("= 0"):
        return who
    return "shim" if '"shim"' in line else "job" if "/bin/true" in line else who


def tally(traces):
    """{who: {call: count}} of the lines of each process, and how often a control group was busy."""
    counts = {who: {} for who in (*OURS, "job")}
    busy = 0
    for lines in traces:
        first = next((line for line in lines if whose(line, None)), "")
        who = {"shim": "fork of the engine", "job": "fork of the shim"}.get(whose(first, None), "engine")
        for line in lines:
            found = re.match(r"(\w+)\(", line)
            if found:
                who = whose(line, who)
                counts[who][found[1]] = counts[who].get(found[1], 0) + 1
                busy += found[1] == "rmdir" and "EBUSY" in line
    return counts, busy


def calls():
    what = "system calls per simulation"
    if not shutil.which("strace"):
        results.row("E1", what, None, aim="launch calls", missing="there is no strace")
        return
    directory = place("calls")

    def counted(count):
        yaml = experiment(directory, f"calls{count}", "/bin/true", count, 2)
        outdir, logs = place(f"out{count}", directory), place(f"trace{count}", directory)
        traced = ["strace", "-ff", "-qq", "-y", "-o", str(logs / "t"), settings.PROGRAM, "run", str(yaml)]
        subprocess.run([*traced, "--outdir", str(outdir)], env=settings.ENVIRONMENT, cwd=directory,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return tally(path.read_text(errors="replace").splitlines() for path in logs.iterdir())

    (short, _), (long, busy) = counted(20), counted(60)
    total = 0
    for who in short:
        each = {call: (count - short[who].get(call, 0)) / 40 for call, count in long[who].items()}
        sync = each.get("fsync", 0) + each.get("fdatasync", 0)
        rename = sum(each.get(call, 0) for call in ("rename", "renameat", "renameat2"))
        most = sorted(((count, call) for call, count in each.items() if count >= 0.5), reverse=True)[:16]
        results.row("E1", f"{what}, {who}", [sum(each.values())],
                    note=f"syncs {sync:.1f}, renames {rename:.1f}; " + ", ".join(f"{call} {count:.0f}" for count, call in most))
        total += sum(each.values()) if who in OURS else 0
    results.row("E1", f"{what}, all but the job's own", [total], aim="launch calls")
    results.row("E1", "control groups that are still busy when they are removed, per simulation", [busy / 60])
