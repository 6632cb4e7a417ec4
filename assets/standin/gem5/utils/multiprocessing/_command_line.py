"""The command line of a child: gem5 itself, most of the parent's options, and one line of Python."""
import subprocess
import sys

import m5

# Options that a parent must not have: they print and end, or their output would be mixed up.
_FORBIDDEN = (
    "build_info",
    "interactive",
    "verbose",
    "debug_flags",
    "debug_start",
    "debug_end",
    "debug_ignore",
)


def get_command_line(name, **handles):
    """The words to start the child `name` with. `handles` are what `spawn_main` needs."""
    given = [option for option in _FORBIDDEN if getattr(m5.options, option)]
    if given:
        raise Exception("Disallowed option for multiprocessing: %s" % ", ".join(given))
    # Python hands its own flags on, and gem5 reads them as gem5's. `-B`, which PYTHONDONTWRITEBYTECODE causes, asks gem5
    # for its build information: the child ends without having run anything, and a Pool replaces it for ever.
    flags = [flag for flag in subprocess._args_from_interpreter_flags() if flag not in ("-s", "-P")]
    program = "from multiprocessing.spawn import spawn_main; spawn_main(%s)"
    program %= ", ".join("%s=%r" % handle for handle in handles.items())
    # gem5 embeds Python without the user's packages (`-s`) and with a safe path (`-P`).
    return [sys.executable, "-s", "-P", *flags, *_options(name), "-c", program, "--multiprocessing-fork"]


def _options(name):
    options = m5.options
    words = [
        "--outdir=" + options.outdir,
        "--stdout-file=%s_%s" % (name, options.stdout_file),
        "--stderr-file=%s_%s" % (name, options.stderr_file),
        "--stats-file=" + options.stats_file,
    ]
    if options.redirect_stdout:
        words.append("--redirect-stdout")
    if options.redirect_stderr:
        words.append("--redirect-stderr")
    if options.silent_redirect:
        words.append("--silent-redirect")
    if options.path:
        words.append("--path=" + ":".join(options.path))
    if options.quiet:
        words.append("--quiet")
    return words
