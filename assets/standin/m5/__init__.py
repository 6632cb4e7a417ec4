"""The stand-in's `m5` module: the part of gem5's own `m5` that configuration scripts commonly use."""

# What `main` parsed from the command line. Scripts read `m5.options.outdir`.
options = None

from . import core, event, objects, stats, util  # noqa: E402
from .core import setOutputDir  # noqa: E402
from .simulate import (  # noqa: E402
    MaxTick,
    checkpoint,
    curTick,
    instantiate,
    simulate,
)
from .util import fatal, panic  # noqa: E402

__all__ = [
    "MaxTick",
    "checkpoint",
    "core",
    "curTick",
    "event",
    "fatal",
    "instantiate",
    "objects",
    "options",
    "panic",
    "setOutputDir",
    "simulate",
    "stats",
    "util",
]
