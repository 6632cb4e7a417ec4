"""E2: how long a place stays empty: from the end of one simulation to the start of the next, with one at a time.

The job itself writes when it begins and when it ends, as its first and last deed, for gem5-tui and for its peers.
"""

import programs
import results
import settings
from experiments import place, script
from launching import one_run
from processes import timed
from turns import turns

STAMPS = """#!/bin/bash
case "$1" in -B) exit 1;; esac
a=$EPOCHREALTIME
echo "$a $EPOCHREALTIME" >>"$STAMPS"
"""


def gaps():
    count = 60
    directory = place("gaps")
    stamps = directory / "stamps"
    job = script(directory / "gem5-stamps", STAMPS)
    numbers = "\n".join(map(str, range(count))).encode()

    def between():
        spans = sorted(tuple(map(float, line.split())) for line in stamps.read_text().splitlines())
        stamps.unlink()
        return [(after[0] - before[1]) * 1000 for before, after in zip(spans, spans[1:])]

    def ours(base):
        def run(_):
            one_run(directory, count, 1, base, gem5=job, defaults=f"  env: {{STAMPS: {stamps}}}\n")
            return between()

        return run

    def peer(*argv):
        def run(_):
            timed([*argv, str(job)], directory, numbers, dict(settings.ENVIRONMENT, STAMPS=str(stamps)))
            return between()

        return programs.needs(argv[0], run)

    found = turns({"ours": ours(None), "ours, tmpfs": ours(settings.RAM), "xargs": peer("xargs", "-P1", "-n1"),
                   "parallel": peer("parallel", "-j1")})
    flat = {name: [gap for run in runs for gap in run] for name, runs in found.items()}
    what = "an empty place at cap 1"
    results.quantiles("E2", what, flat["ours"], "xargs -P1", flat["xargs"], aim=("gap p50", "gap p99"))
    results.quantiles("E2", what, flat["ours"], "parallel -j1", flat["parallel"])
    results.quantiles("E2", f"{what}, tmpfs", flat["ours, tmpfs"], "xargs -P1", flat["xargs"])
