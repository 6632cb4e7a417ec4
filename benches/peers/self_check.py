"""Tests of the bench itself: the terminal, the numbers, the aims and the page. They need no gem5-tui and measure nothing.

A bench that reads a screen wrongly tells wrong figures, and nobody sees it.
"""

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import aims
import calls
import keys
import large_logs
import machine
import measured
import page
import processes
import programs
import results
import turns
from screen import Screen
from terminal import Terminal

HERE = pathlib.Path(__file__).parent


def screen(*pieces, width=8, height=3):
    found = Screen(width, height)
    for piece in pieces:
        found.feed(piece)
    return found


class TheScreen(unittest.TestCase):
    def shows(self, lines, *pieces, **size):
        found = screen(*pieces, **size)
        self.assertEqual([line.rstrip() for line in found.lines()], lines)
        return found

    def test_text_goes_to_the_next_line_and_scrolls(self):
        self.shows(["b", "c", "d"], b"a\r\nb\r\nc\r\nd")

    def test_a_full_line_goes_on_in_the_next_one(self):
        self.shows(["01234567", "89", ""], b"0123456789")

    def test_a_character_that_is_cut_is_kept(self):
        whole = "▌é😀x".encode()
        for at in range(len(whole)):
            self.shows(["▌é😀x", "", ""], whole[:at], whole[at:])

    def test_a_sequence_that_is_cut_is_kept(self):
        whole = b"\x1b[2;3Hx\x1b]0;title\x07y\x1b(Bz\x1b[1;31m!"
        for at in range(len(whole)):
            self.shows(["", "  xyz!", ""], whole[:at], whole[at:])

    def test_what_never_ends_is_no_sequence(self):
        self.assertIn("1;1;1;1", screen(b"\x1b[" + b"1;" * 30 + b"\xffabc", width=80).text())

    def test_the_cursor_stays_on_the_screen(self):
        found = self.shows(["", "", "       x"], b"\x1b[99;99Hx")
        found.feed(b"\x1b[99A\x1b[99Dy\x1b[5G\x1b[2dz")
        self.assertEqual(found.lines(), ["y       ", "    z   ", "       x"])

    def test_erasing(self):
        filled = b"\x1b[1;1Haaaaaaaa\x1b[2;1Hbbbbbbbb\x1b[3;1Hcccccccc\x1b[2;4H"
        self.shows(["aaaaaaaa", "bbb", "cccccccc"], filled + b"\x1b[K")
        self.shows(["aaaaaaaa", "    bbbb", "cccccccc"], filled + b"\x1b[1K")
        self.shows(["aaaaaaaa", "", "cccccccc"], filled + b"\x1b[2K")
        self.shows(["aaaaaaaa", "bbb", ""], filled + b"\x1b[J")
        self.shows(["", "    bbbb", "cccccccc"], filled + b"\x1b[1J")
        self.shows(["", "", ""], filled + b"\x1b[2J")
        self.shows(["aaaaaaaa", "bbb  bbb", "cccccccc"], filled + b"\x1b[2X")

    def test_inserting_and_removing(self):
        filled = b"\x1b[1;1Habcd\x1b[2;1Hefgh\x1b[3;1Hijkl\x1b[2;2H"
        self.shows(["abcd", "egh", "ijkl"], filled + b"\x1b[P")
        self.shows(["abcd", "e  fgh", "ijkl"], filled + b"\x1b[2@")
        self.shows(["abcd", "", "efgh"], filled + b"\x1b[L")
        self.shows(["abcd", "ijkl", ""], filled + b"\x1b[M")
        self.shows(["efgh", "ijkl", ""], filled + b"\x1b[S")
        self.shows(["", "abcd", "efgh"], filled + b"\x1b[T")

    def test_only_the_region_scrolls(self):
        filled = b"\x1b[1;1Ha\x1b[2;1Hb\x1b[3;1Hc\x1b[4;1Hd"
        self.shows(["a", "c", "", "d"], filled + b"\x1b[2;3r\x1b[3;1H\n", height=4)
        self.shows(["a", "", "b", "d"], filled + b"\x1b[2;3r\x1b[2;1H\x1bM", height=4)

    def test_frames_are_counted_and_modes_draw_nothing(self):
        found = self.shows(["ab", "", ""], b"\x1b[?2026ha\x1b[?2026l\x1b[?25l\x1b[?2026hb\x1b[?2026l\x1b[>1u\x1b[<u")
        self.assertEqual(found.frames, 2)

    def test_the_other_screen_is_empty(self):
        self.shows(["", "", ""], b"abc\x1b[?1049h")

    def test_the_cursor_comes_back(self):
        self.shows(["ab", "", "  c"], b"a\x1b7\x1b[3;3Hc\x1b8b")


class TheTerminal(unittest.TestCase):
    def test_what_is_typed_comes_to_the_screen(self):
        terminal = Terminal([sys.executable, "-c", "print('ready'); print(input()[::-1])"], width=40, height=5)
        try:
            first = terminal.until_text("ready")
            terminal.send("drawkcab\r")
            self.assertGreaterEqual(terminal.until_text("backward"), first)
        finally:
            terminal.close()

    def test_what_is_never_shown_is_an_error(self):
        terminal = Terminal(["true"], width=40, height=5)
        try:
            with self.assertRaises(TimeoutError):
                terminal.until_text("nothing")
        finally:
            terminal.close()

    def test_the_limit_of_descriptors_is_set(self):
        code = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 'descriptors')"
        terminal = Terminal([sys.executable, "-c", code], descriptors=99)
        try:
            terminal.until_text("99 descriptors")
        finally:
            terminal.close()

    def test_the_selected_row_is_found(self):
        found = screen("│ s1 ok\r\n│▌ s22 ok".encode(), width=20)
        self.assertEqual(keys.selected(found), (1, "s22"))
        self.assertIsNone(keys.selected(screen(b"nothing", width=20)))

    def test_the_ticks_of_a_log_are_read(self):
        self.assertEqual(large_logs.ticks(screen("12500: cpu\r\n│13000: info".encode(), width=20)), [12500, 13000])


class Numbers(unittest.TestCase):
    def test_quantiles_are_measurements(self):
        values = list(range(100, 0, -1))
        self.assertEqual(measured.quantile(values, 0.5), 51)
        self.assertEqual(measured.quantile(values, 0.99), 100)
        self.assertEqual(measured.quantile([7], 0.99), 7)

    def test_a_spread_tells_what_lies_around(self):
        self.assertEqual(measured.spread([3, 1, 2], "ms"), "2 ms (1–3)")
        self.assertEqual(measured.spread([1234.5], "ms"), "1234 ms")
        self.assertEqual(measured.spread([1.0, 2.0, 9.0], "ms", "p99"), "9 ms (at most 9, n = 3)")
        self.assertEqual(measured.spread([0.00012345]), "0.000123")

    def test_what_is_missing_is_not_zero(self):
        self.assertEqual(measured.spread([]), "—")
        self.assertIsNone(measured.ratio([1.0], None, "median"))
        self.assertIsNone(measured.ratio(None, [1.0], "median"))
        self.assertIsNone(measured.ratio([1.0], [0.0], "median"))
        self.assertEqual(measured.ratio([3.0], [2.0], "median"), 1.5)

    def test_turns_are_reversed_each_second_time(self):
        order = []
        contestants = {name: (lambda name: lambda turn: order.append(name) or turn)(name) for name in "ab"}
        found = turns.turns({**contestants, "none": None}, 3)
        self.assertEqual("".join(order), "abbaab")
        self.assertEqual(found, {"a": [0, 1, 2], "b": [0, 1, 2], "none": []})

    def test_a_command_and_its_children_are_told_apart(self):
        spin = "import time\nwhile time.process_time() < 0.3: pass"
        code = f"import subprocess, sys\n{spin}\nsubprocess.run([sys.executable, '-c', {spin!r}])"
        used = processes.timed([sys.executable, "-c", code])
        self.assertEqual(used.code, 0)
        self.assertGreaterEqual(used.own, 0.25)
        self.assertGreaterEqual(used.others, 0.25)
        self.assertAlmostEqual(used.own + used.others, used.cpu)

    def test_calls_before_the_first_exec_are_the_parents(self):
        shim = ["close(3) = 0", 'execve("/x/gem5-tui", ["gem5-tui", "shim"], []) = 0', "read(0) = 1"]
        job = ["prctl(1) = 0", 'execve("/bin/true", ["/bin/true"], []) = 0', "brk(0) = 1", "brk(0) = 1"]
        engine = ["read(0) = 1", 'rmdir("/g") = -1 EBUSY (busy)', "+++ exited with 0 +++"]
        counts, busy = calls.tally([shim, job, engine])
        self.assertEqual(counts["fork of the engine"], {"close": 1})
        self.assertEqual(counts["shim"], {"execve": 1, "read": 1})
        self.assertEqual(counts["fork of the shim"], {"prctl": 1})
        self.assertEqual(counts["job"], {"execve": 1, "brk": 2})
        self.assertEqual(counts["engine"], {"read": 1, "rmdir": 1})
        self.assertEqual(busy, 1)


class Conditions(unittest.TestCase):
    def test_versions_are_found_in_what_programs_say(self):
        for text, version in {"xargs (GNU findutils) 4.9.0\nCopyright (C) 2022": "4.9.0", "GNU parallel 20221122": "20221122",
                              "less 590 (GNU regular expressions)": "590", "1.11.1": "1.11.1", "ripgrep 13.0.0 (rev 1)": "13.0.0",
                              "kill from procps-ng 4.0.2": "4.0.2", "Python 3.11.2": "3.11.2", "": None}.items():
            self.assertEqual(programs.parsed(text), version)

    def test_a_peer_is_known_by_its_first_word(self):
        self.assertEqual(programs.name("find, wc -l"), "find")
        self.assertEqual(programs.name("less +50p, from its start"), "less")
        for peer in ("kill(2) in a loop", "gem5-tui at 100", "two execs, no record", ""):
            self.assertIsNone(programs.name(peer))

    def test_the_file_system_is_that_of_the_nearest_mount(self):
        table = "\n".join(f"{n} 1 0:1 / {point} rw,relatime - {kind} source rw" for n, (point, kind) in enumerate(
            [("/", "ext4"), ("/nowhere", "tmpfs"), (r"/no\040where", "xfs"), ("/nowhere/deep", "btrfs"), ("/nowhere/deep", "nfs4")]))
        for path, kind in {"/nowhere/a": "tmpfs", "/nowhere2": "ext4", "/no where/a": "xfs", "/nowhere/deep/a": "nfs4"}.items():
            self.assertEqual(machine.file_system(path, table), kind)

    def test_nothing_tells_the_name_of_the_machine(self):
        self.assertEqual(set(machine.description()), {"cores", "kernel", "memory_gib", "disk", "ram"})
        self.assertNotIn(os.uname().nodename, json.dumps(machine.description()).split('"'))


def record(family="E1", what="a", ours=(1.0,), peer="", theirs=None, **more):
    """A line as `results.row` writes it."""
    found = {"format": results.FORMAT, "command": family, "family": family, "what": what, "unit": "ms", "statistic": "median",
             "ours": list(ours) if ours else None, "missing": "", "peer": peer, "peer_version": None,
             "theirs": theirs, "note": "", "aim": None, "run": 1_800_000_000.0, "at": 1_800_000_000.0, "quick": False, "rounds": 5,
             "version": "1.2.3, abcdef0", "load": 0.5,
             "machine": {"cores": 2, "kernel": "Linux 6.1", "memory_gib": 8, "disk": "ext4", "ram": "tmpfs"}}
    return {**found, **more}


def lines_with(text, word):
    return [line for line in text.splitlines() if word in line]


class ThePage(unittest.TestCase):
    def test_the_newest_line_of_a_row_counts(self):
        text = page.page([record(ours=[5.0]), record(what="b"), record(ours=[7.0], run=1_800_000_060.0)], {"E1": "What it is.\n"})
        self.assertEqual(lines_with(text, "| a |"), ["| a | 7 ms |  |  |  |  | 2 |"])
        self.assertEqual(lines_with(text, "| b |"), ["| b | 1 ms |  |  |  |  | 1 |"])
        self.assertIn("What it is.", text)
        self.assertEqual(len(lines_with(text, "| 1.2.3, abcdef0 | 5 | 2 | Linux 6.1 | 8 GiB | ext4 | tmpfs |")), 2)
        self.assertIn("| 1 | 2027-01-15 08:00 | 2027-01-15 08:00 |", text)

    def test_rows_beside_peers_have_a_ratio(self):
        text = page.page([record(ours=[3.0, 2.0, 4.0], peer="xargs -P2", theirs=[1.5], peer_version="4.9.0")], {})
        self.assertIn("| a | 3 ms (2–4) | xargs -P2 [4.9.0] | 1.5 ms | 2 |", text)

    def test_what_is_missing_is_said(self):
        text = page.page([record(peer="htop"), record(what="b", ours=None, missing="there is no strace")], {"E1": "", "E9": ""})
        self.assertIn("| a | 1 ms | htop | not installed |  |", text)
        self.assertIn("| b | not measured: there is no strace |", text)
        self.assertIn("* E9: not measured", text)
        self.assertNotIn("* E1: not measured", text)

    def test_a_failure_is_told_until_it_is_measured_again(self):
        failure = {"format": 1, "failed": "TimeoutError", "command": "E1", "run": 1_800_000_030.0, "quick": False}
        self.assertIn("* E1: the newest attempt failed (TimeoutError)", page.page([record(), failure], {"E1": ""}))
        later = record(run=1_800_000_060.0)
        self.assertNotIn("TimeoutError", page.page([record(), failure, later], {"E1": ""}))

    def test_aims_are_judged_by_value_and_by_ratio(self):
        rows = [record(what="fast", ours=[3.0], aim="launch CPU"), record(what="slow", ours=[3.1], aim="launch CPU"),
                record(what="near", ours=[3.0], peer="x", theirs=[2.0], aim="launch wall"),
                record(what="far", ours=[3.2], peer="x", theirs=[2.0], aim="launch wall"),
                record(what="alone", peer="x", aim="launch wall"), record("scale", "many", ours=[1999.0], unit="", aim="scale")]
        above = page.page(rows, {}).split("\n## E1")[0]
        for word, met in {"fast": "≤ 3 ms | yes", "slow": "≤ 3 ms | **no**", "near": "≤ 1.5 x | yes", "far": "≤ 1.5 x | **no**",
                          "alone": "≤ 1.5 x | cannot be told", "many": "≥ 2000 | **no**"}.items():
            self.assertIn(met, lines_with(above, f"| {word} |")[0])
        self.assertEqual(page.met(rows), (2, 6))

    def test_an_aim_without_a_row_is_not_measured(self):
        text = page.page([], {})
        self.assertEqual(len(lines_with(text, "| not measured |")), len(aims.AIMS))

    def test_small_sizes_are_no_figures(self):
        self.assertNotIn("| a |", page.page([record(quick=True)], {}))
        self.assertIn("no figures", page.page([record(quick=True)], {}, quick=True))

    def test_no_word_ends_its_cell(self):
        text = page.page([record(what="a|b\nc")], {})
        self.assertIn("| a\\|b c | 1 ms |", text)

    def test_torn_lines_are_left_out(self):
        lines = [json.dumps(record()), '{"format": 1, "fam', "[]", '{"format": 2}', json.dumps(record(what="b"))]
        self.assertEqual([one["what"] for one in results.read("\n".join(lines))], ["a", "b"])

    def test_families_stand_in_the_order_of_their_numbers(self):
        text = page.page([record("scale"), record("E10"), record("E2")], {})
        self.assertEqual(re.findall(r"^## (\S+)", text, re.M), ["Aims", "E2", "E10", "scale", "Runs"])


class Aims(unittest.TestCase):
    def test_each_aim_is_measured_for(self):
        sources = "".join(path.read_text() for path in HERE.glob("*.py") if path.name not in ("aims.py", "self_check.py"))
        made = {f"{what} {count}" for what in ("cancel", "pause") for count in (20, 100, 400)}
        for name in set(aims.AIMS) - made:
            self.assertIn(f'"{name}"', sources)

    def test_limits_are_numbers_of_something(self):
        for aim in aims.AIMS.values():
            self.assertIn(aim.of, ("value", "ratio"))
            self.assertGreater(aim.limit, 0)
            self.assertEqual(aim.of == "ratio" and bool(aim.unit), False, dataclasses.asdict(aim))

    def test_an_unknown_aim_is_an_error(self):
        with self.assertRaises(KeyError):
            results.row("E1", "a", [1.0], aim="no such aim")


class TheCommand(unittest.TestCase):
    def test_a_row_that_is_not_there_is_an_error(self):
        done = subprocess.run([sys.executable, str(HERE), "E99"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)

    def test_nothing_is_measured_without_a_program(self):
        done = subprocess.run([sys.executable, str(HERE), "E2"], capture_output=True, text=True,
                              env={**os.environ, "GEM5_TUI": "/none"})
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_a_page_is_written_of_what_was_measured_before(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "results.jsonl").write_text(json.dumps(record("E2", "kept from before")) + "\n")
            places = {"BENCH_ROOT": folder, "BENCH_RAM": folder, "BENCH_RUN": folder, "GEM5_TUI": "/none"}
            subprocess.run([sys.executable, str(HERE), "--only-page", "--page", str(root / "page.md")], check=True,
                           capture_output=True, env={**os.environ, **places})
            text = (root / "page.md").read_text()
        self.assertIn("| kept from before | 1 ms |", text)
        self.assertIn("E2: how long a place stays empty", text)
