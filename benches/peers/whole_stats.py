"""E12: a stats.txt of 100 MiB and of 1 GiB: twenty stats of its last dump, and all of its dumps.

The peers are what people type: `grep -F` with the names, the last dump cut out by `tac`, a loop in Python. `wc -l` only looks for the
ends of lines, so it is the floor for whoever reads all. The file is in the kernel's cache, for all.
"""

import random

import programs
import results
import settings
from experiments import ended
from processes import peak, timed
from turns import turns, walls

PARTS = ("dcache", "icache", "l2cache", "mmu.dtb", "mmu.itb", "branchPred", "iq", "lsq0", "rob", "rename")
STATS = ("overallHits::total", "overallMisses::total", "overallMissRate::total", "overallMissLatency::total",
         "demandAvgMissLatency::total", "tags.totalRefs", "tags.sampledRefs", "power_state.pwrStateResidencyTicks::UNDEFINED",
         "writebacks::total", "replacements", "mshrHits::total", "mshrMissRate::total")
PICKS = [f"system.cpu{cpu}.{stat}" for cpu in range(4) for stat in (
    "ipc", "cpi", "dcache.overallMissRate::total", "l2cache.overallMissRate::total", "icache.overallHits::total")]

PARSE = r"""
import re, sys
path, names = sys.argv[1], set(sys.argv[2:])
line_ = re.compile(r"^(\S+)\s+(\S+)")
last = {}
with open(path) as file:
    for line in file:
        found = line_.match(line)
        if found and found[1] in names:
            last[found[1]] = found[2]
print(last)
"""

# Through a pipe: a grep that writes to /dev/null stops at the first line.
GREP = 'grep -F -f picks "$1" | cat'
RG = 'rg --no-mmap -F -f picks "$1" | cat'
TAC = """tac "$1" | awk '/End Simulation/{e=1} e{print} /Begin Simulation/{if(e)exit}' | grep -F -f picks"""


def write_stats(path, size):
    """Writes dumps of realistic size, in gem5's layout, until there are so many bytes."""
    rng = random.Random(5)
    names = [f"system.cpu{cpu}.{part}.{stat}{suffix}" for cpu in range(4) for part in PARTS for stat in STATS
             for suffix in ("", "::0", "::1")]
    names += [f"system.cpu{cpu}.{stat}" for cpu in range(4) for stat in ("ipc", "cpi", "numCycles")]
    restored = "# Number of ticks from beginning of simulation (restored from checkpoints and never reset) (Tick)"
    written, dump = 0, 0
    with open(path, "w", buffering=1 << 22) as out:
        while written < size:
            dump += 1
            lines = ["", "---------- Begin Simulation Statistics ----------",
                     f"{'simSeconds':40} {dump * 0.001:12.6f} {'# Number of seconds simulated (Second)':>60}",
                     f"{'simTicks':40} {dump * 10**9:12d} {'# Number of ticks simulated (Tick)':>60}",
                     f"{'finalTick':40} {dump * 10**9:12d} {restored:>60}"]
            lines += [f"{name:40} {rng.random() * 1e6:12.6f} {'# what this number is of (Unspecified)':>60}" for name in names]
            text = "\n".join([*lines, "", "---------- End Simulation Statistics   ----------", "", ""])
            out.write(text)
            written += len(text)


def whole_stats():
    for size in (20 << 20,) if settings.quick else (100 << 20, 1 << 30):
        text = f"import whole_stats\nwhole_stats.write_stats(outdir + '/stats.txt', {size})"
        yaml, outdir = ended(f"stats-{size >> 20}", 1, text)
        one_size(yaml, outdir / "s1/attempt-1/m5out/stats.txt", f"stats.txt of {size >> 20} MiB", size == 1 << 30)


def one_size(yaml, file, label, aimed):
    directory = yaml.parent
    (directory / "picks").write_text("\n".join(PICKS) + "\n")
    (directory / "parse.py").write_text(PARSE)
    timed(["cat", str(file)])
    watch = [word for pick in PICKS for word in ("--watch", pick)]
    picks = [settings.PROGRAM, "stats", str(yaml), "s1", "--json", *watch]
    whole = [settings.PROGRAM, "inspect", str(file.parent), "--json"]

    def run(argv):
        return lambda _: timed(argv, directory)

    def shell(pipeline):
        return run(["sh", "-c", pipeline, "sh", str(file)])

    used = turns({
        "stats": run(picks),
        "inspect": run(whole),
        "grep -F -f": programs.needs("grep", shell(GREP)),
        "rg -F -f": programs.needs("rg", shell(RG)),
        "tac, awk, grep": programs.needs("tac", shell(TAC)),
        "python3, line by line": run([settings.PYTHON, "parse.py", str(file), *PICKS]),
        "wc -l": programs.needs("wc", run(["wc", "-l", str(file)])),
    })
    settings.say({name: runs[0].code for name, runs in used.items() if runs})
    for peer in ("tac, awk, grep", "grep -F -f", "python3, line by line"):
        results.row("E12", f"{label}: 20 stats of the last dump (`stats`)", walls(used["stats"]), peer, walls(used[peer]), "ms")
    for peer in ("grep -F -f", "rg -F -f", "python3, line by line", "wc -l"):
        results.row("E12", f"{label}: all of it (`inspect`)", walls(used["inspect"]), peer, walls(used[peer]), "ms",
                    aim="inspect" if aimed and peer == "wc -l" else None)
    grep = peak(["grep", "-F", "-f", "picks", str(file)], directory) if used["grep -F -f"] else None
    for what, argv in (("stats", picks), ("inspect", whole)):
        results.row("E12", f"{label}: largest RSS of `{what}`", peak(argv, directory), "grep -F -f", grep, "MB",
                    missing="there is no GNU time")
