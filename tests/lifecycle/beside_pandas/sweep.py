"""Stands in for a gem5 script: one SimPoint of a workload on a machine with some L2. The numbers are made up and always the same."""

import os
import sys

workload, l2, assoc, seed, simpoint = sys.argv[1:6]
BASE = {"mcf": (4.0, 1.0), "lbm": (2.0, 1.6), "gcc": (1.2, 0.8)}  # cycles per instruction in either SimPoint
GAIN = {"mcf": 0.30, "lbm": 0.12, "gcc": 0.05}  # with each doubling of the L2
doublings = ["256KiB", "512KiB", "1MiB", "2MiB"].index(l2)
gain = GAIN[workload] if simpoint == "0" else GAIN[workload] / 4
cpi = BASE[workload][int(simpoint)] * (1 - gain) ** doublings
cpi *= {"4": 1.04, "8": 1.0}[assoc]
cpi *= {"1": 0.96, "2": 1.06}[seed] if doublings else {"1": 0.97, "2": 1.05}[seed]
instructions = 1_000_000
late = (2 if assoc == "4" else 1) * (20_000 * max(0, 2 - doublings) if workload == "gcc" else 40_000 * (4 - doublings))
late += 100 * int(seed) if late else 0


def dump(instructions):
    cycles = round(instructions * cpi)
    lines = [
        ("simSeconds", f"{cycles / 2e9:.9f}", "Second"),
        ("simTicks", cycles * 500, "Tick"),
        ("finalTick", cycles * 500, "Tick"),
        ("simFreq", 10**12, "(Tick/Second)"),
        ("simInsts", instructions, "Count"),
        ("system.cpu.numCycles", cycles, "Cycle"),
        ("system.cpu.ipc", f"{instructions / cycles:.6f}", "(Count/Cycle)"),
    ]
    if late:  # gem5 leaves out what is zero where a stat is `nozero`
        lines.append(("system.l2.prefetcher.pfLate", late, "Count"))
    text = "\n---------- Begin Simulation Statistics ----------\n"
    text += "".join(f"{name:<42}{value:>14}  # ({unit})\n" for name, value, unit in lines)
    return text + "\n---------- End Simulation Statistics   ----------\n"


with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    if (workload, l2, assoc) == ("lbm", "2MiB", "8"):
        stats.write(dump(instructions // 10))  # it had told of its first tenth when it failed
        stats.flush()
        print("fatal: out of memory", file=sys.stderr)
        sys.exit(1)
    stats.write(dump(instructions))
print(f"Exiting @ tick {round(instructions * cpi) * 500} because m5_exit instruction encountered")
