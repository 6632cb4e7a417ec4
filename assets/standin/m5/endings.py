"""The ends that gem5 reaches in C++: fatal, panic, failed assertion, abort and segmentation fault.

None of them runs Python's exit handlers, so none leaves final stats behind. That is the point of having them here: a
supervisor must tell them apart by what they print and by how the process ends.
"""
import os
import signal
import sys

from . import release

# Set by the simulation loop, so that an abort can name the tick.
current_tick = 0


def memory_usage():
    """The size of the address space in KiB, the number that gem5 prints as its memory usage."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmSize:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def fatal(source, message):
    """The user's mistake: prints gem5's text and ends with status 1. `source` is `file:line` as in gem5."""
    sys.stdout.flush()
    _say(release.message(source, "fatal", message) + "Memory Usage: %d KBytes\n" % memory_usage())
    os._exit(1)


def panic(source, message):
    """The simulator's mistake: prints gem5's text and ends by SIGABRT."""
    _say(release.message(source, "panic", message) + "Memory Usage: %d KBytes\n" % memory_usage())
    abort()


def failed_assertion(source, function, expression):
    """A C `assert` that does not hold: the C library prints, then aborts. `gem5.fast` has none."""
    program = os.path.basename(sys.executable)
    _say("%s: %s: %s: Assertion `%s' failed.\n" % (program, source, function, expression))
    abort()


def terminate(exception, what):
    """An exception that no C++ code catches."""
    _say("terminate called after throwing an instance of '%s'\n  what():  %s\n" % (exception, what))
    abort()


def abort():
    """Prints what gem5's abort handler prints and ends by SIGABRT. What Python has buffered is lost, as in gem5."""
    _say("Program aborted at tick %d\n" % current_tick)
    _backtrace()
    if release.since(23, 0):
        _say(
            "For more info on how to address this issue, please visit "
            "https://www.gem5.org/documentation/general_docs/common-errors/ \n\n"
        )
    _die_by(signal.SIGABRT)


def on_abort_signal(_number, _frame):
    """SIGABRT from outside."""
    abort()


def on_segv_signal(_number, _frame):
    """SIGSEGV: gem5 names it, prints where it was and lets the signal do its work."""
    _say("gem5 has encountered a segmentation fault!\n\n")
    _backtrace()
    _die_by(signal.SIGSEGV)


def _backtrace():
    """A backtrace between gem5's markers. The frames are Python's: the stand-in has no others."""
    lines = ["--- BEGIN LIBC BACKTRACE ---\n"]
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        lines.append("%s(%s+%#x)\n" % (os.path.basename(code.co_filename), code.co_name, max(frame.f_lasti, 0)))
        frame = frame.f_back
    lines.append("--- END LIBC BACKTRACE ---\n")
    _say("".join(lines))


def _say(text):
    """Straight to the descriptor: C++ standard error has no buffer."""
    sys.stderr.flush()
    os.write(2, text.encode("utf-8", "replace"))


def _die_by(number):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    # The signal is pending for this very process and its action is the default one, so nothing below it runs.
    os._exit(128 + number)
