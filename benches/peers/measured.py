"""From measurements to the words of a table: medians and quantiles, with their spread."""

import statistics


def quantile(values, share):
    """The value below which `share` of them lie; of a few it is one of them, never something in between."""
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


STATISTICS = {
    "median": statistics.median,
    "p50": lambda values: quantile(values, 0.5),
    "p99": lambda values: quantile(values, 0.99),
}


def value(values, at):
    """The number that a row is about, or None without measurements."""
    return STATISTICS[at](values) if values else None


def number(x):
    """Three digits, and no more than there are before the point."""
    if x == 0 or abs(x) >= 1000:
        return f"{x:.0f}"
    text = f"{x:.3g}"
    return text if "e" not in text else f"{x:.6f}".rstrip("0")


def spread(values, unit="", at="median"):
    """The number with what lies around it."""
    if not values:
        return "—"
    unit = f" {unit}" if unit else ""
    text = f"{number(value(values, at))}{unit}"
    if at != "median":
        return f"{text} (at most {number(max(values))}, n = {len(values)})"
    return text if len(values) == 1 else f"{text} ({number(min(values))}–{number(max(values))})"


def ratio(ours, theirs, at):
    """Ours by theirs; None where one is missing, or theirs is nothing."""
    ours, theirs = value(ours, at), value(theirs, at)
    return ours / theirs if ours is not None and theirs else None
