"""gem5's command line, its banner, and what becomes of the script that it runs."""
import atexit
import code as code_module
import optparse
import os
import runpy
import shlex
import socket
import sys
import time
import traceback

import m5

from . import endings, release, stats

NOTICE = "info: This is the gem5-tui stand-in, not gem5; its numbers come from a small cache model."
_PACKAGE = os.path.dirname(os.path.abspath(__file__))
# A few of gem5's debug flags. Only `Cache` has something to say here; the others are accepted and stay silent.
_DEBUG_FLAGS = ("Cache", "CachePort", "CacheTags", "DRAM", "Event", "Exec", "ExecAll", "Fetch", "MemCtrl", "O3CPU", "XBar")


def _parser():
    """gem5's options. Those that mean nothing to the model are accepted and change nothing."""
    parser = optparse.OptionParser(
        usage="%prog [gem5 options] script.py [script options]",
        formatter=optparse.TitledHelpFormatter(),
        description="This is the gem5-tui stand-in, not gem5.",
    )
    parser.disable_interspersed_args()
    add = parser.add_option
    add("--build-info", "-B", action="store_true", help="Show build information")
    add("--outdir", "-d", metavar="DIR", default="m5out", help="Set the output directory to DIR [Default: m5out]")
    add("--redirect-stdout", "-r", action="store_true", help="Redirect stdout (& stderr, without -e) to file")
    add("--redirect-stderr", "-e", action="store_true", help="Redirect stderr to file")
    add("--silent-redirect", action="store_true", help="Suppress the message about redirecting")
    ending = ".txt" if release.since(23, 1) else ""
    for stream, name in (("stdout", "simout" + ending), ("stderr", "simerr" + ending)):
        add("--%s-file" % stream, metavar="FILE", default=name, help="Filename for redirection [Default: %s]" % name)
    add("--listener-mode", type="choice", choices=["on", "off", "auto"], default="auto", help="Listener mode")
    add("--path", "-p", metavar="PATH[:PATH]", action="append", default=[], help="Prepend PATH to the system path")
    add("--quiet", "-q", action="count", default=0, help="Reduce verbosity")
    add("--verbose", "-v", action="count", default=0, help="Increase verbosity")
    add("--interactive", "-i", action="store_true", help="Invoke the interactive interpreter after the script")
    parser.set_defaults(c="", m="", P=False, show_exit_event_messages=False)
    if release.since(22, 1):
        add("-c", dest="c", metavar="cmd", action="callback", callback=_take_rest, help="program passed in as string")
    if release.since(23, 0):
        add("-s", action="store_true", help="IGNORED, only for compatibility with python")
    if release.since(23, 1):
        add("-m", dest="m", metavar="mod", action="callback", callback=_take_rest, help="run library module")
        add("-P", action="store_true", help="Don't prepend the script directory to the system path")
    if release.since(25, 0):
        add("--show-exit-event-messages", action="store_true", help="Print a message at each exit event")
    add("--stats-file", metavar="FILE", default="stats.txt", help="Output file for statistics [Default: stats.txt]")
    add("--dump-config", metavar="FILE", default="config.ini", help="Dump configuration [Default: config.ini]")
    add("--json-config", metavar="FILE", default="config.json", help="JSON configuration [Default: config.json]")
    add("--debug-flags", metavar="FLAG[,FLAG]", action="append", default=[], help="Sets the flags for debug output")
    add("--debug-start", metavar="TICK", type="int", default=0, help="Start debug output at TICK")
    add("--debug-end", metavar="TICK", type="int", help="End debug output at TICK")
    add("--debug-file", metavar="FILE", default="cout", help="Output file for debug [Default: cout]")
    for name in ("--dot-config", "--dot-dvfs-config", "--debug-activate", "--debug-ignore", "--remote-gdb-port"):
        add(name, metavar="IGNORED", help="IGNORED by the stand-in")
    add("--allow-remote-connections", action="store_true", help="IGNORED by the stand-in")
    return parser


def _take_rest(option, _name, _value, parser):
    """`-c` and `-m` take the rest of the command line, as Python's own do. gem5 keeps both parts in one option."""
    if not parser.rargs:
        parser.error("%s option requires an argument" % option)
    setattr(parser.values, option.dest, (parser.rargs[0], parser.rargs[1:]))
    del parser.rargs[:]


def main(argv):
    """Runs gem5's command line and returns the exit status. Ends that gem5 reaches in C++ do not return."""
    if not release.is_known():
        print("STANDIN_VERSION is %s; known are %s" % (release.NAME, ", ".join(release.KNOWN)), file=sys.stderr)
        return 2
    parser = _parser()
    options, arguments = parser.parse_args(argv[1:])
    options.tracer = None
    m5.options = options

    try:
        os.makedirs(options.outdir, exist_ok=True)
        _redirect(options)
    except OSError as error:
        _print_error(error)
        return 1
    if options.build_info:
        return _build_info()
    if options.quiet <= options.verbose:
        _banner(argv)
    print(NOTICE)
    script = arguments[0] if arguments else None
    if not options.c and not options.m and (script is None or not os.path.isfile(script)):
        if script is not None:
            print("Script %s not found" % script)
        parser.print_help()
        return 2
    # A closed standard input is None here; gem5 fails on that, which helps nobody.
    if options.listener_mode == "auto" and not (sys.__stdin__ and sys.__stdin__.isatty()):
        print("info: Standard input is not a terminal, disabling listeners.")
    try:
        stats.open_output(options.stats_file, options.outdir)
    except OSError as error:
        endings.fatal("src/base/output.cc:95", str(error))
    except SystemExit as leaving:
        return leaving.code
    except SyntaxError as error:
        # A `;` in a stats URL: Python splits its parameters at `&` only, and the rest is no literal.
        _print_error(error)
        return 1
    atexit.register(stats.close_output)
    unknown = _set_debug_flags(options)
    if unknown is not None:
        print("invalid debug flag '%s'" % unknown, file=sys.stderr)
        return 1
    for path in reversed(":".join(options.path).split(":")):
        if path:
            sys.path.insert(0, path)
    return _run(options, arguments)


def _run(options, arguments):
    """Runs the script, the command or the module, and turns its end into gem5's exit status."""
    try:
        if options.c:
            sys.argv = ["-c"] + options.c[1]
            exec(compile(options.c[0], "<string>", "exec"), {"__name__": "__m5_main__"})
        elif options.m:
            sys.argv = [options.m[0]] + options.m[1]
            runpy.run_module(options.m[0], run_name="__m5_main__", alter_sys=False)
        else:
            sys.argv = arguments
            if not options.P:
                sys.path.insert(0, os.path.dirname(arguments[0]))
            with open(arguments[0], "rb") as source:
                code = compile(source.read(), arguments[0], "exec")
            names = {"__file__": arguments[0], "__name__": "__m5_main__"}
            exec(code, names)
            if options.interactive:
                code_module.interact(local=names)
    except SystemExit as leaving:
        if not isinstance(leaving.code, int) and not release.since(21, 2):
            # Python itself handled it: a text goes to standard error, nothing at all is success.
            if leaving.code is not None:
                print(leaving.code, file=sys.stderr)
            return 0 if leaving.code is None else 1
        if not isinstance(leaving.code, int):
            # gem5 casts the code to a C++ int, and nothing catches it when that fails.
            what = "Unable to cast Python instance of type %s to C++ type 'int'" % type(leaving.code)
            endings.terminate("pybind11::cast_error", what)
        return leaving.code & 0xFF
    except BaseException as error:
        _print_error(error)
        return 1
    return 0


def _print_error(error):
    """An uncaught exception as pybind11 words it: no "Traceback", and the innermost frame first.

    Up to 21.1 Python printed it, frames of gem5 included; here those of the stand-in are.
    """
    sys.stdout.flush()
    if not release.since(21, 2):
        traceback.print_exception(type(error), error, error.__traceback__)
        return
    lines = ["%s: %s" % (type(error).__name__, str(error) or "<EMPTY MESSAGE>"), "", "At:"]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        name = "main" if frame.name == "_run" else frame.name
        if frame.filename.startswith("<frozen"):
            continue
        lines.append("  %s(%d): %s" % (_source(frame.filename), frame.lineno or 0, name))
    print("\n".join(lines), file=sys.stderr)
    sys.stderr.flush()


def _source(filename):
    """Files of this package are named as gem5 names its own."""
    if os.path.dirname(os.path.abspath(filename)) == _PACKAGE:
        return "src/python/m5/" + os.path.basename(filename)
    return filename


def _banner(argv):
    print("gem5 Simulator System.  %s" % ("https://www.gem5.org" if release.since(22, 0) else "http://gem5.org"))
    print("gem5 is copyrighted software; use the --copyright option for details.")
    print()
    print("gem5 version %s" % release.VERSION)
    print("gem5 compiled %s" % _compiled())
    print("gem5 started %s" % time.strftime("%b %e %Y %X"))
    print("gem5 executing on %s, pid %d" % (socket.gethostname(), os.getpid()))
    print("command line: %s" % " ".join(map(shlex.quote, argv)))
    print()


def _build_info():
    """`-B`. It is broken in 24.0, whose `m5.defines` lacks the name that `main` asks for."""
    print("Build information:\n")
    if release.NAME == "24.0":
        try:
            raise AttributeError("module 'm5.defines' has no attribute 'gem5Version'")
        except AttributeError as error:
            _print_error(error)
        return 1
    print("gem5 version %s\ncompiled %s\nbuild options:\n    STANDIN = True\n" % (release.VERSION, _compiled()))
    return 0


def _compiled():
    """The stand-in is not compiled; the age of this file is the honest equivalent."""
    return time.strftime("%b %e %Y %X", time.localtime(os.path.getmtime(__file__)))


def _redirect(options):
    """`-r` and `-e`: the descriptors themselves are replaced, and the files are truncated."""
    wanted = []
    if options.redirect_stdout:
        wanted.append((options.stdout_file, (1,) if options.redirect_stderr else (1, 2), "stdout"))
    if options.redirect_stderr:
        wanted.append((options.stderr_file, (2,), "stderr"))
    for name, descriptors, stream in wanted:
        path = os.path.join(options.outdir, name)
        if not options.silent_redirect:
            what = "stdout and stderr" if len(descriptors) == 2 else stream
            print("Redirecting %s to %s" % (what, path))
            sys.stdout.flush()
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)


def _set_debug_flags(options):
    """Prepares the trace of the `Cache` flag. Returns the first flag that is not known, if there is one."""
    enabled = set()
    for flag in ",".join(options.debug_flags).split(","):
        name = flag.lstrip("-")
        if name and name not in _DEBUG_FLAGS:
            return name
        if flag.startswith("-"):
            enabled.discard(name)
        elif name:
            enabled.add(name)
    if "Cache" in enabled:
        to_stdout = options.debug_file == "cout"
        out = sys.stdout if to_stdout else open(os.path.join(options.outdir, options.debug_file), "w")

        def trace(tick, path, line, requestor):
            if options.debug_start <= tick <= (options.debug_end or m5.MaxTick):
                fetch = " IF" if requestor == 0 else ""
                first, last = line * 64, line * 64 + 63
                out.write("%7d: %s: access for ReadReq [%x:%x]%s miss\n" % (tick, path, first, last, fetch))

        options.tracer = trace
    return None
