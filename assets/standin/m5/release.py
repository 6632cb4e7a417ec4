"""Which release of gem5 the stand-in behaves as. The environment variable STANDIN_VERSION says, such as `21.2`.

Releases differ in what a supervisor sees: names of files, texts of messages, names of stats, signals. Each difference is
asked for by `since()` where it matters, so that a search for it finds them all.
"""
import os

# What the banner of each release says. The numbers are gem5's; the suffix says that this is not gem5.
_FULL = {
    "20.1": "20.1.0.0",
    "21.2": "21.2.0.0",
    "22.1": "22.1.0.0",
    "23.1": "23.1.0.0",
    "24.0": "24.0.0.1",
    "25.0": "25.0.0.0",
}
_DEFAULT = "24.0"

NAME = os.environ.get("STANDIN_VERSION") or _DEFAULT
KNOWN = tuple(_FULL)
VERSION = _FULL.get(NAME, NAME) + "-standin"


def is_known():
    """Whether STANDIN_VERSION names a release that the stand-in can behave as."""
    return NAME in _FULL


def since(major, minor):
    """Whether this release has what came with `major.minor`."""
    return tuple(map(int, NAME.split("."))) >= (major, minor)


def message(source, severity, text):
    """A line as gem5's C++ writes it. It names its source file since 21.1 (`src/base/logging.cc`)."""
    place = "%s: " % source if since(21, 1) else ""
    return "%s%s: %s\n" % (place, severity, text)
