"""E3: how long it takes until it is known what would run.

`gem5-tui plan --json` reads a sweep, checks it and prints each command of it. The nearest peer is a dry run of Snakemake with a
thousand outputs; whether it grows in proportion is seen beside the thousand points of its own.
"""

import programs
import results
import settings
from experiments import experiment, place
from processes import peak, timed
from turns import turns, walls

SNAKEFILE = """rule all:
    input: expand('o{i}', i=range(1000))
rule one:
    output: 'o{i}'
    shell: '/bin/true'
"""
SNAKEMAKE = ["snakemake", "-n", "-q", "-s", "Snakefile"]


def plans():
    directory = place("plans")
    sizes = {1000: 10, 10_000: 100} if settings.quick else {1000: 10, 10_000: 100, 100_000: 1000}
    (directory / "Snakefile").write_text(SNAKEFILE)

    def command(count, second):
        axes = ["a: {range: [1, 100, 1]}", f"b: {{range: [1, {second}, 1]}}"]
        return [settings.PROGRAM, "plan", str(experiment(directory, f"plan{count}", "/bin/true", count, 8, axes=axes)), "--json"]

    def run(argv):
        return lambda _: timed(argv, directory)

    commands = {count: command(count, second) for count, second in sizes.items()}
    used = turns({**{count: run(argv) for count, argv in commands.items()},
                  "snakemake": programs.needs("snakemake", run(SNAKEMAKE))})
    peer = "snakemake -n -q, 1000 outputs"
    results.row("E3", "plan --json, 1000 points", walls(used[1000]), peer, walls(used["snakemake"]), "ms")
    for count in list(sizes)[1:]:
        results.row("E3", f"plan --json, {count} points", walls(used[count]), "gem5-tui, 1000 points", walls(used[1000]), "ms",
                    f"{count // 1000} were in proportion; exit code {used[count][0].code}",
                    aim="plan time" if count == 100_000 else None)
    theirs = peak(SNAKEMAKE, directory) if used["snakemake"] else None
    for count, argv in commands.items():
        results.row("E3", f"plan --json, {count} points: largest RSS", peak(argv, directory), peer, theirs, "MB",
                    aim="plan memory" if count == 100_000 else None, missing="there is no GNU time")
