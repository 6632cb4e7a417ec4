"""Rows: what was measured, beside whom, and under which conditions, as JSON lines that outlive the command.

Each line carries all that a page says of it, so that rows of several commands make one page. What could not be measured is a line
as well, with the reason.
"""

import json
import os
import time

import aims
import machine
import measured
import programs
import settings

FORMAT = 1
HEAD = ("id", "what", "gem5-tui", "peer", "peer's", "ratio", "note")

began = time.time()
command = ""


def file():
    """Where the lines are."""
    return settings.ROOT / "results.jsonl"


def begin(name):
    """What follows belongs to this row of the command line."""
    global command
    command = name


def rounded(values):
    """Six digits say more than any clock here knows."""
    return None if values is None else [float(f"{value:.6g}") for value in values]


def line(**facts):
    """A line with the conditions of this command."""
    conditions = {"command": command, "run": began, "at": time.time(), "quick": settings.quick, "rounds": settings.rounds}
    return {"format": FORMAT, **facts, **conditions}


def add(record):
    """Appends a line."""
    with open(file(), "a") as out:
        out.write(json.dumps(record) + "\n")


def row(family, what, ours, peer="", theirs=None, unit="", note="", aim=None, at="median", missing=""):
    """One row. `ours` and `theirs` are lists of measurements; `missing` says why there are none of ours.

    A peer without measurements is one that is not installed. `aim` names an entry of `aims.AIMS`.
    """
    if aim is not None:
        aims.AIMS[aim]
    program = programs.name(peer)
    version = programs.version(program) if program and theirs else None
    record = line(family=family, what=what, unit=unit, statistic=at, ours=rounded(ours or None), missing=missing, peer=peer,
                  peer_version=version, theirs=rounded(theirs or None), note=note, aim=aim, load=os.getloadavg()[0],
                  version=machine.version(), machine=machine.description())
    add(record)
    print("| " + " | ".join(cells(record)) + " |", flush=True)


def quantiles(family, what, ours, peer="", theirs=None, unit="ms", note="", aim=(None, None)):
    """Two rows of the same measurements: what is usual, and what is seldom worse."""
    for at, one in zip(("p50", "p99"), aim):
        row(family, f"{what}, {at}", ours, peer, theirs, unit, note, one, at)


def failed(error):
    """That the command came to nothing. Its words stay on the terminal: they may tell of this machine."""
    add(line(failed=type(error).__name__))


def cells(record):
    """The words of a row, in the order of `HEAD`."""
    at, unit = record["statistic"], record["unit"]
    ours = measured.spread(record["ours"], unit, at) if record["ours"] else f"not measured: {record['missing'] or 'unknown'}"
    theirs = measured.spread(record["theirs"], unit, at) if record["theirs"] else "not installed" if record["peer"] else ""
    peer = " ".join(filter(None, (record["peer"], f"[{record['peer_version']}]" if record["peer_version"] else "")))
    ratio = measured.ratio(record["ours"], record["theirs"], at)
    words = (record["family"], record["what"], ours, peer, theirs, "" if ratio is None else measured.number(ratio), record["note"])
    return [str(word).replace("|", "\\|").replace("\n", " ") for word in words]


def read(text):
    """The lines of a file; what is torn or of another format is left out."""
    found = []
    for one in text.splitlines():
        try:
            record = json.loads(one)
        except ValueError:
            continue
        if isinstance(record, dict) and record.get("format") == FORMAT:
            found.append(record)
    return found
