"""Where statistics go: the text that gem5 writes, or JSON.

The text keeps gem5's grammar (`src/base/stats/text.cc`): name, value, share and running share, description, unit. Each line
is a write of its own, so that a reader can meet a block that is not complete yet. Lines vanish as they do there: with the
flag `nozero` those of value 0, with `nonan` those without a value.
"""
import gzip
import json
import math
import os
import re
import time
from ast import literal_eval
from urllib.parse import parse_qs, urlsplit

from . import release, util

_BEGIN = "\n---------- Begin Simulation Statistics ----------\n"
_END = "\n---------- End Simulation Statistics   ----------\n"
# How long a dump takes, in seconds. That of a large system takes many; the stand-in's is over at once unless told so.
_DUMP_SECONDS = float(os.environ.get("STANDIN_DUMP_SECONDS") or 0)


def open_url(url, outdir):
    """Opens what `--stats-file` names: a plain name, `text://`, `file://` or `json://`, with options after a `?`."""
    parts = urlsplit(url)
    # Python's `parse_qs` separates at `&` only. What else there is stays in the value, which is then no literal.
    options = {name: literal_eval(values[-1]) for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    name = parts.netloc + parts.path
    if parts.scheme in ("", "file", "text"):
        return TextFile(os.path.join(outdir, name), **options)
    if parts.scheme == "json" and release.since(21, 2):
        # Not in the output directory: gem5 opens it where it was started (`m5/ext/pystats/jsonloader.py`).
        return JsonFile(name)
    if parts.scheme == "h5":
        util.fatal("Stat type 'h5' disabled at compile time")
    util.fatal("Illegal stat file type '%s' specified." % parts.scheme)


class Samples:
    """What a distribution has seen: how often each value was met."""

    def __init__(self, counts):
        self.counts = counts
        self.count = sum(counts.values())
        self.sum = sum(value * n for value, n in counts.items())
        self.squares = sum(value * value * n for value, n in counts.items())
        self.logs = sum(math.log(value) * n for value, n in counts.items() if value > 0)

    def mean(self):
        """The mean, nan without samples."""
        return self.sum / self.count if self.count else math.nan

    def gmean(self):
        """The geometric mean, nan without samples."""
        return math.exp(self.logs / self.count) if self.count else math.nan

    def stdev(self):
        """The standard deviation of a sample, nan for fewer than two."""
        if self.count < 2:
            return math.nan
        return math.sqrt(max(0.0, (self.squares - self.count * self.mean() ** 2) / (self.count - 1)))

    def buckets(self, low, high, width):
        """The counts of every bucket from `low` to `high`, of those below and of those above."""
        inside = [0] * ((high - low + 1) // width)
        below = above = 0
        for value, n in self.counts.items():
            if value < low:
                below += n
            elif value > high:
                above += n
            else:
                inside[(value - low) // width] += n
        return inside, below, above


def _label(low, width):
    return "%d" % low if width == 1 else "%d-%d" % (low, low + width - 1)


class TextFile:
    """A stats file, truncated when it is opened; compressed if its name ends in `.gz`."""

    def __init__(self, path, desc=True, spaces=True):
        self._descriptions = desc
        self._widths = (40, 12, 10, 10) if spaces else (0, 0, 0, 0)
        self._lines = []
        self._file = gzip.open(path, "wb") if path.endswith(".gz") else open(path, "wb", buffering=0)

    def begin(self, _now, _start):
        """Begins a block."""
        self._lines = []

    def end(self):
        """Writes the block. A process that is ended meanwhile leaves one without its last line."""
        pause = _DUMP_SECONDS / len(self._lines) if self._lines else 0
        for line in [_BEGIN, *self._lines, _END]:
            self._file.write(line.encode("ascii", "replace"))
            if pause:
                time.sleep(pause)

    def close(self):
        """Ends a compressed file properly."""
        self._file.close()

    def scalar(self, name, value, desc, unit, precision=None, nozero=False, nonan=False):
        """One line."""
        if not (nozero and value == 0 or nonan and math.isnan(value)):
            self._line(name, _text(value, precision), desc, unit)

    def vector(self, name, entries, desc, unit, total=None, shares=False, nozero=False, nonan=False):
        """A line for each (subname, value), and one for the total if there is one."""
        whole, running = sum(value for _, value in entries), 0
        for subname, value in entries:
            running += value
            if nozero and value == 0 or nonan and math.isnan(value):
                continue
            share = (value / whole, running / whole) if shares and whole else None
            self._line("%s::%s" % (name, subname), _text(value), desc, unit, share)
        if total is not None:
            self.scalar(name + "::total", total, desc, unit, None, nozero, nonan)

    def vector2d(self, name, rows, desc, unit, total=None):
        """A vector for each (row name, entries), and the total of all."""
        for row, entries in rows:
            self.vector("%s_%s" % (name, row), entries, desc, unit)
        if total is not None:
            self.scalar(name + "::total", total, desc, unit)

    def distribution(self, name, samples, desc, unit, low, high, width):
        """Buckets between two bounds, with what lies below and above them."""
        inside, below, above = samples.buckets(low, high, width)
        self._moments(name, samples, desc, unit, geometric=False)
        rows = [("underflows", below)]
        rows += [(_label(low + index * width, width), n) for index, n in enumerate(inside)]
        rows.append(("overflows", above))
        self._rows(name, rows, samples.count, desc, unit)
        for subname, value in (("min_value", min), ("max_value", max)):
            self._line("%s::%s" % (name, subname), _text(value(samples.counts, default=0)), desc, unit)
        self._line(name + "::total", _text(samples.count), desc, unit)

    def histogram(self, name, samples, desc, unit, high, width, oneline=False):
        """Buckets from 0 on. On one line if asked for, as Ruby's are."""
        inside, _, _ = samples.buckets(0, high, width)
        if oneline:
            self._line(name + "::bucket_size", _text(width), desc, unit)
            self._line(name + "::max_bucket", _text(high), desc, unit)
        self._moments(name, samples, desc, unit, geometric=True)
        rows = [(_label(index * width, width), n) for index, n in enumerate(inside)]
        if oneline:
            self._one_line(name, [n for _, n in rows], samples.count, desc, unit)
        else:
            self._rows(name, [row for row in rows if row[1]], samples.count, desc, unit)
        self._line(name + "::total", _text(samples.count), desc, unit)

    def sparse_histogram(self, name, samples, desc, unit):
        """A line for each value that was met."""
        self._line(name + "::samples", _text(samples.count), desc, unit)
        self._rows(name, sorted(samples.counts.items()), samples.count, desc, unit)

    def _moments(self, name, samples, desc, unit, geometric):
        rows = [("samples", samples.count), ("mean", samples.mean()), ("gmean", samples.gmean()), ("stdev", samples.stdev())]
        for subname, value in rows:
            if subname != "gmean" or geometric:
                self._line("%s::%s" % (name, subname), _text(value), desc, unit)

    def _rows(self, name, rows, count, desc, unit):
        running = 0
        for subname, n in rows:
            running += n
            share = (n / count, running / count) if count else None
            self._line("%s::%s" % (name, subname), _text(n), desc, unit, share)

    def _one_line(self, name, numbers, count, desc, unit):
        running, text = 0, "%-*s" % (self._widths[0], _name(name))
        for n in numbers:
            running += n
            text += " |" + self._columns(_text(n), (n / count, running / count) if count else None)
        self._lines.append(text + self._remark(desc, unit))

    def _line(self, name, value, desc, unit, shares=None):
        text = "%-*s " % (self._widths[0], _name(name)) + self._columns(value, shares)
        self._lines.append(text + self._remark(desc, unit))

    def _columns(self, value, shares):
        _, value_width, pdf_width, cdf_width = self._widths
        text = "%*s" % (value_width, value)
        if shares is not None:
            return text + " %*s %*s" % (pdf_width, "%.2f%%" % (100 * shares[0]), cdf_width, "%.2f%%" % (100 * shares[1]))
        return text + " %*s %*s" % (pdf_width, "", cdf_width, "")

    def _remark(self, desc, unit):
        if not self._descriptions:
            return "\n"
        # Units came with 21.0.
        return " # %s (%s)\n" % (desc, unit) if release.since(21, 0) else " # %s\n" % desc


class JsonFile:
    """`json://`: one tree of groups, written anew at each dump, so that it holds the last one only."""

    def __init__(self, path):
        self._path = path
        self._tree = {}

    def begin(self, now, start):
        """Begins a tree."""
        self._tree = _group()
        self._tree.update(
            creation_time=time.strftime("%Y-%m-%dT%H:%M:%S"), simulated_begin_time=start, simulated_end_time=now
        )

    def end(self):
        """Writes the tree."""
        with open(self._path, "w") as out:
            json.dump(self._tree, out, indent=4)

    def close(self):
        """Nothing is open between two dumps."""

    def scalar(self, name, value, desc, unit, _precision=None, **_flags):
        """A single number."""
        self._put(name, _number(value, desc, unit=unit, datatype="f64"))

    def vector(self, name, entries, desc, _unit, **_flags):
        """Numbers with names."""
        value = {str(subname): _number(number, None) for subname, number in entries}
        self._put(name, {"value": value, "type": "Vector", "description": desc})

    def vector2d(self, name, rows, desc, _unit, **_flags):
        """Vectors with names."""
        value = {
            str(row): {"value": {str(sub): _number(number, None) for sub, number in entries}, "type": "Vector"}
            for row, entries in rows
        }
        self._put(name, {"value": value, "type": "Vector2d", "description": desc})

    def distribution(self, name, samples, desc, _unit, low, high, width):
        """Buckets by their number."""
        inside, below, above = samples.buckets(low, high, width)
        value = {str(index): _number(n, None) for index, n in enumerate(inside)}
        facts = {"min": low, "max": high, "num_bins": len(inside), "bin_size": width, "underflow": below, "overflow": above}
        sums = {"sum": samples.sum, "logs": samples.logs, "sum_squared": samples.squares}
        self._put(name, {"value": value, "type": "Distribution", "description": desc, **facts, **sums})

    def histogram(self, name, samples, desc, unit, high, width, oneline=False):
        """A distribution from 0 on; how it is laid out in text plays no part here."""
        self.distribution(name, samples, desc, unit, 0, high, width)

    def sparse_histogram(self, name, samples, desc, _unit):
        """Counts by value."""
        value = {str(met): _number(n, None) for met, n in sorted(samples.counts.items())}
        self._put(name, {"value": value, "type": "SparseHist", "description": desc})

    def _put(self, name, stat):
        *groups, last = name.split("::")[0].split(".")
        node = self._tree
        for group in groups:
            node = node.setdefault(group, _group(group))
        node[last] = stat


def _group(name=None):
    named = {} if name is None else {"name": name}
    return {"type": "SimObject", "time_conversion": None, **named}


def _number(value, desc, **more):
    return {"value": float(value), "type": "Scalar", "description": desc, **more}


def _text(value, precision=None):
    """A value as gem5 prints it: whole numbers without a point, others with six digits, never an exponent."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if precision is None:
        precision = 0 if value == int(value) else 6
    return "%.*f" % (precision, value)


def _name(name):
    """Up to 20.x the last part of a name was in snake case: `simTicks` was `sim_ticks`."""
    if release.since(21, 0):
        return name
    path, colons, subname = name.partition("::")
    group, dot, last = path.rpartition(".")
    last = {"hostMemory": "host_mem_usage"}.get(last) or re.sub(r"([A-Z])", lambda found: "_" + found.group(1).lower(), last)
    return group + dot + last + colons + subname
