"""Messages and units, as in gem5's `m5.util`."""
import os
import re
import sys

from . import endings

_SIZE_UNITS = {"": 1, "B": 1}
for _power, _letter in enumerate("kMGT", start=1):
    # gem5 reads `kB` as 1024 bytes, too: in its configuration scripts both spellings are binary.
    _SIZE_UNITS[_letter + "B"] = _SIZE_UNITS[_letter.upper() + "iB"] = 1024**_power

_TIME_UNITS = {"ps": 1, "ns": 10**3, "us": 10**6, "ms": 10**9, "s": 10**12}
_FREQUENCY_UNITS = {"Hz": 1, "kHz": 10**3, "MHz": 10**6, "GHz": 10**9}
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*\Z")


def fatal(message, *args):
    """Python's fatal, unlike C++'s, is an ordinary exit: the exit handlers run and write the final stats."""
    print("fatal: " + _filled(message, args), file=sys.stderr)
    sys.exit(1)


def panic(message, *args):
    """Python's panic ends as Python's fatal does, with status 1 and no signal."""
    print("panic: " + _filled(message, args), file=sys.stderr)
    sys.exit(1)


def warn(message, *args):
    """A warning on standard error."""
    print("warn: " + _filled(message, args), file=sys.stderr)


def inform(message, *args):
    """A remark on standard output."""
    print("info: " + _filled(message, args), file=sys.stdout)


def address_space():
    """The size of this process's address space in bytes. Only the stand-in's scripts ask for it."""
    return endings.memory_usage() * 1024


def addToPath(path):
    """Puts a directory, given relative to the calling script, on the module search path."""
    caller = sys._getframe(1).f_globals.get("__file__")
    if caller is not None and not os.path.isabs(path):
        path = os.path.join(os.path.dirname(os.path.abspath(caller)), path)
    sys.path.insert(1, path)


def to_bytes(value):
    """`256KiB` as a number of bytes."""
    return _quantity(value, _SIZE_UNITS, "memory size")


def to_ticks(value):
    """`13.75ns` as a number of ticks of one picosecond."""
    return _quantity(value, _TIME_UNITS, "latency")


def to_period(value):
    """`2GHz`, or `500ps`, as a clock period in ticks."""
    match = _QUANTITY.match(str(value))
    if match and match.group(2) in _FREQUENCY_UNITS:
        hertz = float(match.group(1)) * _FREQUENCY_UNITS[match.group(2)]
        if hertz > 0:
            return max(1, round(10**12 / hertz))
    return to_ticks(value)


def _quantity(value, units, kind):
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _QUANTITY.match(str(value))
    if not match or match.group(2) not in units:
        raise ValueError("cannot convert '%s' to %s" % (value, kind))
    return round(float(match.group(1)) * units[match.group(2)])


def _filled(message, args):
    return message % args if args else message
