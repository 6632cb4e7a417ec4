"""The page of figures: Markdown, made of the newest line of each row, and of nothing else.

Rows that were measured by several commands stand side by side, and each says by which. What was not measured is named.
"""

import time

import aims
import results

INTRODUCTION = """# Figures

gem5-tui beside its peers. This page is written by

    cargo build --release && python3 benches/peers --page benches/FIGURES.md

and not by hand. Everybody takes turns, in an order that is reversed each second time. A figure is the median of its rounds with the
least and the largest in brackets; p50 and p99 are of all single measurements. The ratio is ours by the peer's: below 1 gem5-tui takes
less. The last column names the run, whose time, commit and machine stand at the end of the page. A row that could not be measured says
why; nothing that is missing counts as zero.
"""
QUICK = "\nThese are small sizes, to try the bench. They are no figures to compare.\n"


def newest(records, quick):
    """The newest line of each row in the order in which they were measured, and the newest failure of each command."""
    rows, failures = {}, {}
    for record in records:
        if record["quick"] != quick:
            continue
        if "failed" in record:
            failures[record["command"]] = record
        else:
            key = (record["family"], record["what"], record["peer"], record["statistic"])
            rows.pop(key, None)
            rows[key] = record
    latest = {}
    for row in rows.values():
        latest[row["command"]] = max(latest.get(row["command"], 0), row["run"])
    failed = [one for command, one in failures.items() if one["run"] >= latest.get(command, 0)]
    return list(rows.values()), failed


class Runs:
    """Numbers for the runs that rows come from, with their conditions, in the order in which they are asked for."""

    def __init__(self):
        self.until = {}

    def number(self, row):
        facts = (row["run"], row["version"], row["rounds"], tuple(sorted(row["machine"].items())))
        self.until[facts] = max(self.until.get(facts, 0), row["at"])
        return str(list(self.until).index(facts) + 1)

    def table(self):
        head = ("run", "from (UTC)", "until", "gem5-tui", "rounds", "cores", "kernel", "memory", "disk", "tmpfs")
        lines = []
        for number, ((run, version, rounds, machine), until) in enumerate(self.until.items(), 1):
            machine = dict(machine)
            memory = f"{machine['memory_gib']} GiB" if machine["memory_gib"] else "unknown"
            lines.append((str(number), moment(run), moment(until), version, str(rounds), str(machine["cores"]), machine["kernel"],
                          memory, machine["disk"], machine["ram"]))
        return table(head, lines)


def moment(seconds):
    return time.strftime("%F %H:%M", time.gmtime(seconds))


def table(head, lines):
    """Cells are Markdown already."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines]) + "\n"


def aimed(rows, runs):
    """A line for each row that has an aim, and one for each aim without a row."""
    lines = []
    for name, aim in aims.AIMS.items():
        measured_for = [row for row in rows if row["aim"] == name]
        for row in measured_for:
            _, what, ours, peer, theirs, ratio, _ = results.cells(row)
            met = {True: "yes", False: "**no**", None: "cannot be told"}[aim.met(row)]
            lines.append((aim.family, what, ours, peer, theirs, ratio, aim.text(), met, runs.number(row)))
        if not measured_for:
            lines.append((aim.family, aim.what, "not measured", "", "", "", aim.text(), "cannot be told", ""))
    head = ("", "what", "gem5-tui", "peer", "peer's", "ratio", "aim", "met", "run")
    return table(head, lines)


def families(rows):
    """Rows by family, in the order of their numbers."""
    found = {}
    for row in rows:
        found.setdefault(row["family"], []).append(row)
    return sorted(found.items(), key=lambda item: (not item[0][1:].isdigit(), int(item[0][1:]) if item[0][1:].isdigit() else 0))


def page(records, commands, quick=False):
    """The text of the page. `commands` are {name: what it measures}, for all that could have been measured."""
    rows, failed = newest(records, quick)
    runs = Runs()
    parts = [INTRODUCTION + (QUICK if quick else ""), "## Aims\n", aimed(rows, runs)]
    essays = {row["command"]: row["family"] for row in reversed(rows)}
    for family, members in families(rows):
        parts.append(f"## {family}\n")
        told = [commands[command] for command, first in essays.items() if first == family and command in commands]
        parts += list(dict.fromkeys(told))
        head = (*results.HEAD[1:], "run")
        parts.append(table(head, [(*results.cells(row)[1:], runs.number(row)) for row in members]))
    missing = [name for name in commands if name not in essays]
    if missing or failed:
        parts.append("## Not measured\n")
        lines = [f"* {name}: not measured" for name in missing]
        lines += [f"* {one['command']}: the newest attempt failed ({one['failed']}); older figures stand above, if there are any"
                  for one in failed]
        parts.append("\n".join(lines) + "\n")
    parts += ["## Runs\n", runs.table()]
    return "\n".join(parts)


def met(records, quick=False):
    """How many rows meet their aims, and how many have one."""
    rows = [row for row in newest(records, quick)[0] if row["aim"] in aims.AIMS]
    return sum(aims.AIMS[row["aim"]].met(row) is True for row in rows), len(rows)
