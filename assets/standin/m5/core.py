"""The little of gem5's `m5.core` that scripts use."""
import os

import m5

from . import stats


def setOutputDir(directory):
    """Sends all later output to another directory. The stats file that was open stays behind, empty."""
    os.makedirs(directory, exist_ok=True)
    m5.options.outdir = str(directory)
    stats.open_output(m5.options.stats_file, m5.options.outdir)
