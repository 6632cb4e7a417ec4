"""E1: what a launch costs. Simulations that do nothing, so that all that is measured is what is around them.

gem5-tui starts a shim for each, makes records durable and syncs what was written. `xargs`, `make` and the others do none of that,
so the floor stands beside them: a program in C (`limit.c`) with a supervisor for each job and as many durable records, and no
more. On a disk the syncs decide; the rows on a tmpfs show what is left without them. CPU time is that of the whole tree.
"""

import shutil
import subprocess

import programs
import results
import settings
from experiments import experiment, place
from measured import spread
from processes import high_water, timed
from turns import turns

POOL = """
import multiprocessing, sys
def task(_): pass
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(int(sys.argv[1]), maxtasksperchild=1) as pool:
        pool.map(task, range(int(sys.argv[2])), chunksize=1)
"""

DURABLE = r"""
d=$1/s$0; mkdir -p $d/m5out; /bin/true >$d/m5out/simout.txt 2>$d/m5out/simerr.txt; echo "exit $?" >$d/.exit
sync $d/.exit; mv $d/.exit $d/exit.json; sync $d
"""

FLOOR = "two execs, 5 durable records"
FLOOR_RAM = "two execs, 5 records, tmpfs"


def limit_program():
    """The floor, compiled; None without a compiler."""
    if not shutil.which("cc"):
        return None
    program = settings.ROOT / "limit"
    source = settings.REPOSITORY / "benches/peers/limit.c"
    subprocess.run(["cc", "-O2", "-w", "-o", str(program), str(source)], check=True)
    return str(program)


def one_run(directory, count, cap, base=None, gem5="/bin/true", **options):
    """`gem5-tui run` from nothing to the end. `high` is the largest resident set of the engine in bytes."""
    yaml = experiment(directory, f"many{count}-{cap}", gem5, count, cap, **options)
    outdir = place(f"out-{count}-{cap}", base)
    high = [0]

    def sample(pid):
        high.append(max(high[-1], high_water(pid)))

    used = timed([settings.PROGRAM, "run", str(yaml), "--outdir", str(outdir)], cwd=directory, sample=sample)
    if used.code != 0:
        raise RuntimeError(f"gem5-tui ended with {used.code}")
    used.high = high[-1]
    shutil.rmtree(outdir)
    return used


def contestants(directory, count, cap, pool_count, limit):
    numbers = "\n".join(map(str, range(count))).encode()

    def fresh(base=None):
        return str(place(f"peer-out-{cap}", base))

    def floor(records, base=None):
        return limit and (lambda _: timed([limit, fresh(base), str(count), str(cap), str(records)], directory))

    def run(*argv, stdin=None):
        return programs.needs(argv[0], lambda _: timed(list(argv), directory, stdin))

    durable = programs.needs("xargs", lambda _: timed(
        ["xargs", f"-P{cap}", "-I{}", "sh", "-c", DURABLE, "{}", fresh()], directory, numbers))
    return {
        "ours": lambda _: one_run(directory, count, cap),
        "ours, tmpfs": lambda _: one_run(directory, count, cap, settings.RAM),
        "xargs": run("xargs", f"-P{cap}", "-n1", "/bin/true", stdin=numbers),
        "parallel": run("parallel", f"-j{cap}", "/bin/true", stdin=numbers),
        "make": run("make", f"-j{cap}", "-s"),
        "ninja": run("ninja", f"-j{cap}"),
        "python3, Pool with spawn": lambda _: timed([settings.PYTHON, "pool.py", str(cap), str(pool_count)], directory),
        "xargs with one durable record": durable,
        "two execs, no record": floor(0),
        "two execs, 2 durable records": floor(2),
        FLOOR: floor(5),
        FLOOR_RAM: floor(5, settings.RAM),
    }


def launching():
    count = 100 if settings.quick else 1000
    pool_count = max(50, count // 5)
    directory = place("launching")
    (directory / "pool.py").write_text(POOL)
    outputs = [f"o{i}" for i in range(count)]
    (directory / "build.ninja").write_text(
        "rule r\n command = /bin/true\n" + "".join(f"build {one}: r\n" for one in outputs))
    (directory / "Makefile").write_text(
        f"all: {' '.join(outputs)}\n" + "".join(f"{one}:\n\t@/bin/true\n" for one in outputs))
    limit = limit_program()
    for cap in (2, 8):
        used = turns(contestants(directory, count, cap, pool_count, limit))
        jobs = {name: pool_count if name.startswith("python3") else count for name in used}
        wall = {name: [one.wall * 1000 / jobs[name] for one in runs] for name, runs in used.items()}
        cpu = {name: [one.cpu * 1000 / jobs[name] for one in runs] for name, runs in used.items()}
        what = f"{count} that do nothing, cap {cap}"
        for name in used:
            if name == FLOOR_RAM:
                results.row("E1", f"{what}: wall time each, tmpfs", wall["ours, tmpfs"], name, wall[name], "ms",
                            aim="launch wall, tmpfs")
            elif not name.startswith("ours"):
                results.row("E1", f"{what}: wall time each", wall["ours"], name, wall[name], "ms",
                            aim="launch wall" if name == FLOOR else None)
        results.row("E1", f"{what}: wall time each", wall["ours"], "gem5-tui on a tmpfs", wall["ours, tmpfs"], "ms")
        for name in ("xargs", "parallel", "make", "ninja", "python3, Pool with spawn", FLOOR):
            results.row("E1", f"{what}: CPU time each", cpu["ours"], name, cpu[name], "ms",
                        aim="launch CPU" if name == FLOOR else None)
        engine = [one.own * 1000 / count for one in used["ours"]]
        shims = [one.others * 1000 / count for one in used["ours"]]
        results.row("E1", f"{what}: of that the engine's own", engine, "gem5-tui's shims and their jobs", shims, "ms")


def growth():
    """Is the cost of one simulation the same in a short and in a long experiment? On a tmpfs, where nothing but that is seen."""
    directory = place("growth")
    counts = (50, 200) if settings.quick else (100, 1000, 5000)
    used = turns({count: (lambda count: lambda _: one_run(directory, count, 8, settings.RAM))(count) for count in counts},
                 1 if settings.quick else None)
    first = counts[0]
    each = {"wall time": "wall", "CPU time of the engine": "own", "CPU time of shims and jobs": "others"}
    for count in counts[1:]:
        for what, key in each.items():
            ours, theirs = ([getattr(one, key) * 1000 / n for one in used[n]] for n in (count, first))
            results.row("E1", f"{what} each at {count}, tmpfs, cap 8", ours, f"gem5-tui at {first}", theirs, "ms",
                        aim="launch growth" if key == "own" and count == counts[-1] else None)
        high = {n: [one.high / 1e6 for one in used[n]] for n in (count, first)}
        results.row("E1", f"largest RSS of the engine at {count}", high[count], f"gem5-tui at {first}", high[first], "MB",
                    f"{spread([one.wall for one in used[count]])} s in all")
