#!/usr/bin/env python3
"""Measures gem5-tui beside its peers, and writes a page of what was measured.

    cargo build --release && python3 benches/peers [-r ROUNDS] [-q] [--page FILE] [ROW…]

Without rows all are measured; `--only-page --page FILE` writes what earlier commands have measured. Needs Linux, Python's
standard library and the peers themselves; a row whose peer is not installed says so. Rows are printed as they come and kept in
`results.jsonl` below BENCH_ROOT. `settings.py` tells the other variables.
"""

import argparse
import inspect
import os
import pathlib
import signal
import sys
import time
import traceback
import unittest

import attaching
import calls
import following
import frames
import gaps
import idle
import keys
import large_logs
import launching
import machine
import page
import plans
import results
import scale
import settings
import signals
import whole_stats

ROWS = {
    "E1": launching.launching,
    "E1calls": calls.calls,
    "E1growth": launching.growth,
    "E2": gaps.gaps,
    "E3": plans.plans,
    "E4": attaching.attaching,
    "E567": large_logs.large_logs,
    "E8": following.following,
    "E9": idle.idle,
    "E10": keys.keys,
    "E11": frames.frames,
    "E12": whole_stats.whole_stats,
    "E14": signals.signals,
    "E14growth": signals.many_signals,
    "scale": scale.scale,
}
#: Rows that are measured together with others.
WITH = {"E5": "E567", "E6": "E567", "E7": "E567", "E13": "E9"}


def arguments():
    parser = argparse.ArgumentParser(prog="peers", description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join([*ROWS, *WITH]))
    parser.add_argument("-r", "--rounds", type=int, default=5, help="how often each is measured (5)")
    parser.add_argument("-q", "--quick", action="store_true", help="small sizes, to try the bench")
    parser.add_argument("--page", type=pathlib.Path, metavar="FILE", help="write the newest figure of each row as Markdown")
    parser.add_argument("--only-page", action="store_true", help="measure nothing")
    parser.add_argument("--self-check", action="store_true", help="test the bench itself; needs no gem5-tui")
    found = parser.parse_args()
    unknown = [name for name in found.rows if name not in ROWS and name not in WITH]
    if unknown:
        parser.error(f"there is no row {', '.join(unknown)}")
    if found.rounds < 1:
        parser.error("it takes a round at least")
    if found.only_page and not found.page:
        parser.error("--only-page needs --page")
    return found


def measure(names):
    """Measures rows one after the other, and answers with those that failed: the others are still worth measuring."""
    print(f"gem5-tui {machine.version()}, {machine.description()}, load {os.getloadavg()[0]:.1f}, {time.strftime('%F %T')}\n")
    print("| " + " | ".join(results.HEAD) + " |\n|" + "---|" * len(results.HEAD), flush=True)
    failed = []
    for name in dict.fromkeys(WITH.get(name, name) for name in names):
        results.begin(name)
        try:
            ROWS[name]()
        except Exception as error:
            traceback.print_exc()
            results.failed(error)
            failed.append(name)
        finally:
            machine.resume()
    return failed


def main():
    given = arguments()
    if given.self_check:
        import self_check

        suite = unittest.defaultTestLoader.loadTestsFromModule(self_check)
        sys.exit(not unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    if not given.only_page and not os.access(settings.PROGRAM, os.X_OK):
        sys.exit("there is no gem5-tui to measure: build it with `cargo build --release`, or name one in GEM5_TUI")
    settings.begin(given.rounds, given.quick)
    failed = [] if given.only_page else measure(given.rows or list(ROWS))
    if given.page:
        records = results.read(results.file().read_text()) if results.file().exists() else []
        essays = {name: inspect.getdoc(sys.modules[run.__module__]) + "\n" for name, run in ROWS.items()}
        given.page.write_text(page.page(records, essays, given.quick))
        settings.say("%d of %d rows with an aim meet it" % page.met(records, given.quick))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


main()
