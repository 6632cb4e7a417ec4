import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = pathlib.Path(__file__).resolve()
TABLE = HERE.with_suffix(".csv")
OUT = sys.argv[1] if len(sys.argv) > 1 else HERE.with_suffix(".matplotlib.pdf")
# The colours of Okabe and Ito, which the colour-blind tell apart.
COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#555555", "#f0e442"]
HATCHES = ["", "////", "\\\\\\\\", "----", "xxxx", "||||"]
DASHES = ["-", "--", ":", "-."]
MARKERS = "os^Dv"

plt.rcParams.update({
    "font.size": 7,
    "font.sans-serif": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "gem5-tui",
})


def plain(text):
    """What matplotlib shows as it is: `$` begins no formula, and `_` in front hides no name."""
    text = text.replace("$", r"\$")
    return " " + text if text.startswith("_") else text


def number(row, name):
    return float(row[name]) if row[name] else None


def ordered(rows, name):
    return list(dict.fromkeys(row[name] for row in rows))


def look(at, kinds):
    return kinds[(at % len(COLOURS) + at // len(COLOURS)) % len(kinds)]


with open(TABLE, newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
figure, axes = plt.subplots(figsize=(3.33, HEIGHT), layout="constrained")
