"""The table of a sweep as one writes it with pandas in an afternoon, and what each rule of gem5-tui changes in it.

    tables.py RUNS [RULE…]

Without rules this is the straightforward script. Each rule mends one thing; with all of them its numbers are those of gem5-tui.
"""

import json
import pathlib
import re
import sys

import numpy as np
import pandas as pd

RULES = ["ok", "absent", "harmonic", "paired", "common"]
WEIGHTS = {"0": 0.75, "1": 0.25}
SIZES = ["256KiB", "512KiB", "1MiB", "2MiB"]


def stats(path):
    """The last value of each stat."""
    found = re.findall(r"^(\S+)\s+(\S+)\s+#", path.read_text(), re.M)
    return {name: float(value) for name, value in found}


def rows(runs, rules):
    for directory in sorted(runs.iterdir()):
        match = re.fullmatch(r"(\w+)-(\w+)-(\d)-s(\d)-p(\d)", directory.name)
        path = directory / "latest" / "m5out" / "stats.txt"
        if not match or not path.exists():
            continue
        workload, l2, assoc, seed, point = match.groups()
        outcome = json.loads((directory / "latest" / "outcome.json").read_text())["outcome"]["kind"]
        if "ok" in rules and outcome != "ok":
            continue
        values = stats(path)
        late = values.get("system.l2.prefetcher.pfLate", np.nan)
        yield {
            "workload": workload, "l2": l2, "assoc": assoc, "seed": seed, "weight": WEIGHTS[point],
            "ipc": values["simInsts"] / values["system.cpu.numCycles"],
            "late": 1000 * late / values["simInsts"],
        }


def weighted(group, name, rules):
    weights = group["weight"]
    if name == "ipc" and "harmonic" in rules:
        return weights.sum() / (weights / group[name]).sum()
    return np.average(group[name], weights=weights)


def speedups(data, rules):
    keys = ["l2", "assoc", "workload", "seed"]
    ipc = data.groupby(keys)[["weight", "ipc"]].apply(weighted, "ipc", rules).rename("ipc").reset_index()
    if "paired" in rules:
        base = ipc[ipc.l2 == SIZES[0]].set_index(["assoc", "workload", "seed"])["ipc"]
        ipc["ratio"] = ipc.ipc / base.loc[pd.MultiIndex.from_frame(ipc[["assoc", "workload", "seed"]])].to_numpy()
        table = ipc.groupby(keys[:3])["ratio"].apply(lambda ratios: np.exp(np.log(ratios).mean()))
    else:
        mean = ipc.groupby(keys[:3])["ipc"].mean()
        table = mean / mean.xs(SIZES[0]).reindex(mean.droplevel("l2").index).to_numpy()
    table = table.unstack("workload")[["mcf", "lbm", "gcc"]]
    compared = table.dropna(axis="columns") if "common" in rules else table
    table["geomean"] = np.exp(np.log(compared).mean(axis="columns"))
    return table


def lateness(data, rules):
    if "absent" not in rules:
        data = data.fillna({"late": 0.0})
    keys = ["l2", "assoc", "workload", "seed"]
    late = data.groupby(keys)[["weight", "late"]].apply(weighted, "late", rules).rename("late").reset_index()
    return late.groupby(keys[:3])["late"].mean().unstack("workload")[["mcf", "lbm", "gcc"]]


def main():
    runs, rules = pathlib.Path(sys.argv[1]), set(sys.argv[2:])
    assert rules <= set(RULES), rules
    data = pd.DataFrame(rows(runs, rules))
    for name, table in [("speedup", speedups(data, rules)), ("late", lateness(data, rules))]:
        table = table.reindex([(l2, assoc) for l2 in SIZES for assoc in "48"])
        for (l2, assoc), row in table.iterrows():
            for column, value in row.items():
                print(name, l2, assoc, column, "" if np.isnan(value) else repr(float(value)), sep=",")


main()
