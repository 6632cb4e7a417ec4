"""Says which second-level cache is worth its area, from the results of the sweep: `verdict.py RESULTS.json RESULTS.csv`."""

import json
import math
import sys

WORTH = 1.02  # a doubling that gains less than that is not


def main(results):
    rows = [row for row in json.load(open(results)) if row["ok"]]
    ipc = {(row["cpu"], row["workload"], row["l2_bytes"]): row["ipc"] for row in rows}
    sizes = sorted({size for _, _, size in ipc})
    for cpu in sorted({cpu for cpu, _, _ in ipc}):
        best = sizes[0]
        for small, large in zip(sizes, sizes[1:]):
            # Only workloads that both have, or their means would be of different sets.
            workloads = [w for c, w, s in ipc if (c, s) == (cpu, small) and (cpu, w, large) in ipc]
            gains = [ipc[cpu, w, large] / ipc[cpu, w, small] for w in workloads]
            mean = math.exp(sum(map(math.log, gains)) / len(gains)) if gains else float("nan")
            print(f"{cpu}: {small >> 10} KiB -> {large >> 10} KiB: {mean:.3f} over {len(gains)} workloads")
            if mean >= WORTH:
                best = large
        print(f"{cpu}: {best >> 10} KiB")


main(sys.argv[1])
