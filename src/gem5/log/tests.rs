use proptest::prelude::*;

use super::scanner::MAX_LINE;
use super::{ExitLine, FailureKind, LastWord, LogFacts, LogScanner};

fn facts(text: &str) -> LogFacts {
    let mut scanner = LogScanner::new();
    scanner.feed(text.as_bytes());
    scanner.finish();
    scanner.facts().clone()
}

fn failure(text: &str) -> (FailureKind, String, usize) {
    let failure = facts(text).failure.expect("the text holds a failure");
    let place = failure.location.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    (failure.kind, format!("{}{place}", failure.summary()), failure.details.len())
}

const BANNER: &str =
    "gem5 Simulator System.  https://www.gem5.org\n\ngem5 version 24.0.0.1\ncommand line: gem5 run.py\n";

const PANIC: &str = "src/arch/x86/faults.cc:131: panic: Unrecognized/invalid instruction executed:\n \n{\n\tleg = 0,\n}\n\
                     Memory Usage: 630696 KBytes\nProgram aborted at tick 61424000\n--- BEGIN LIBC BACKTRACE ---\n";

#[test]
fn messages_of_several_lines_end_at_the_memory_usage() {
    let summary = "Unrecognized/invalid instruction executed (src/arch/x86/faults.cc:131)";
    assert_eq!(failure(PANIC), (FailureKind::Panic, summary.to_owned(), 4));
    assert_eq!(facts(PANIC).aborted_at, Some(61_424_000));
}

#[test]
fn the_lines_behind_a_python_fatal_are_not_its_own() {
    assert_eq!(failure("fatal: no such cpu\nbye\n"), (FailureKind::Fatal, "no such cpu".to_owned(), 0));
}

#[test]
fn a_condition_is_left_out_of_the_summary() {
    let text = "src/b.cc:105: fatal: fatal condition fd < 0 occurred: Failed to open file /x.\nThis is.\nMemory Usage: 1 KBytes\n";
    assert_eq!(failure(text), (FailureKind::Fatal, "Failed to open file /x. (src/b.cc:105)".to_owned(), 1));
}

#[test]
fn both_forms_of_a_python_exception_are_known() {
    let new = "ValueError: no such workload: 'bfs'\n\nAt:\n  /x/pyexc.py(3): build\n  src/python/m5/main.py(669): main";
    assert_eq!(failure(new).1, "ValueError: no such workload: 'bfs' (/x/pyexc.py:3)");
    let classic = "Traceback (most recent call last):\n  File \"/x/a.py\", line 9, in <module>\n    f()\n  File \"/x/b.py\", line 2, in f\n    ~~^\nKeyError: 'k'\n";
    assert_eq!(failure(classic), (FailureKind::PythonError, "KeyError: 'k' (/x/b.py:2)".to_owned(), 0));
    let interrupt = "KeyboardInterrupt: \n\nAt:\n  /x/run.py(1): <module>\n";
    assert_eq!(failure(interrupt).1, "KeyboardInterrupt (/x/run.py:1)");
    let odd = "my.mod.Oops: first\nsecond: line\n\nAt:\n  /x/run.py(1): <module>\n";
    assert_eq!(failure(odd).0, FailureKind::PythonError);
    let many = "ValueError: first\nsecond: line\n\nAt:\n  /x/run.py(1): <module>\n";
    assert_eq!(failure(many).1, "ValueError: first (/x/run.py:1)");
}

#[test]
fn an_error_that_was_caught_and_printed_is_no_failure() {
    assert_eq!(facts("ValueError: ignored\nAt:\n  x\n").failure, None);
    assert_eq!(facts("ValueError: ignored\ngoing on\n").failure, None);
}

#[test]
fn uncaught_exceptions_of_cpp_and_assertions_are_known() {
    let text = "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nProgram aborted at tick 0\n";
    assert_eq!(failure(text).1, "std::bad_alloc: std::bad_alloc");
    let text = "gem5.opt: src/f.cc:12: void gem5::f(): Assertion `x' failed.\n";
    assert_eq!(failure(text), (FailureKind::Assertion, "Assertion `x' failed. (src/f.cc:12)".to_owned(), 0));
}

#[test]
fn progress_and_ends_are_read() {
    let text = "gem5 version 24.0.0.1\nGlobal frequency set at 1000000000000 ticks per second\n\
                src/sim/simulate.cc:199: info: Entering event queue @ 100.  Starting simulation...\n\
                Progress! Time now 0.001000s\n\
                5000000000: system.cpu: CPU progress event, total committed:77, progress insts committed: 7\n\
                Exit event called at Tick 5500000000: Kernel booted.\nSwitched CPUS @ tick 5600000000\n\
                Exiting @ tick 6000000000 because exiting with last active thread context\n\
                Simulated exit code not 0! Exit code is 3\r\n";
    let facts = facts(text);
    assert_eq!(facts.version.as_deref(), Some("24.0.0.1"));
    assert_eq!((facts.event_queue, facts.tick), (Some(100), Some(6_000_000_000)));
    assert_eq!((facts.instructions, facts.guest_exit_code), (Some(77), Some(3)));
    let booted = ExitLine {
        tick: Some(5_500_000_000),
        cause: "Kernel booted.".to_owned(),
        is_loose: false,
        is_on_stderr: false,
    };
    assert_eq!(facts.exit_event.unwrap(), booted);
    assert_eq!(facts.switched_at, Some(5_600_000_000));
    assert_eq!(facts.exit.unwrap().cause, "exiting with last active thread context");
}

#[test]
fn gem5_is_understood_behind_the_unfinished_line_of_a_guest() {
    let behind = |text: &str| facts(&format!("{text}Exiting @ tick 5 because m5_exit instruction encountered\n")).exit;
    for guest in ["sum 12", "99 %\r", "\x1b[31mred\x1b[0m", "Exiting @ tick 1 because ", &"x".repeat(100_000)] {
        assert_eq!(behind(guest).and_then(|exit| exit.tick), Some(5), "{guest:.40}");
    }
    assert_eq!(failure("99 % done src/x.cc:7: panic: bad\n").1, "bad (src/x.cc:7)");
    let old = "99 % donepanic: bad thing\nMemory Usage: 1 KBytes\nProgram aborted at tick 8\n";
    assert_eq!(failure(old), (FailureKind::Panic, "bad thing".to_owned(), 0));
    assert_eq!(facts("99 % donepanic: bad thing\nbye\n").failure, None);
    // A file that ends there, as when the disk is full or the process was killed at once.
    assert_eq!(failure("99 % donepanic: bad thing").1, "bad thing");
}

#[test]
fn threads_that_panic_into_each_others_lines_leave_the_whole_message() {
    let text = "src/cpu/kvm/perfevent.cc:191: panic: attach failed (2)\nMemory Usage: 3 KBytes\n\
                src/cpu/kvm/perfevent.ccProgram aborted at tick 0\n:191: panic: attach failed (2)\nMemory Usage: 3 KBytes\n";
    assert_eq!(failure(text).1, "attach failed (2) (src/cpu/kvm/perfevent.cc:191)");
    let newer = "src/a.cc:1: panic: one\nMemory Usage: 3 KBytes\nsrc/b.cc:2: panic: two\n";
    assert_eq!(failure(newer).1, "one; then panic: two (src/a.cc:1)", "nobody survives a panic");
}

#[test]
fn places_in_what_the_build_makes_and_in_old_messages_are_places() {
    for file in ["build/X86/arch/x86/generated/decode-method.cc.inc", "src/x.hh.inc", "MI_example-cache.sm", "a.isa"] {
        assert_eq!(failure(&format!("{file}:12: panic: bad\n")).1, format!("bad ({file}:12)"));
    }
    let old = "panic: Invalid request.\n @ tick 7443\n[to_event:build/X86/mem/protocol/L1Cache_Controller.cc, line 846]\n\
               Memory Usage: 3 KBytes\n";
    assert_eq!(failure(old).1, "Invalid request. (build/X86/mem/protocol/L1Cache_Controller.cc:846)");
}

#[test]
fn the_last_words_are_those_of_a_script_or_a_loader_and_not_gem5s_own() {
    let banner = "gem5 Simulator System.  https://www.gem5.org\ngem5 is copyrighted software; use the --copyright option \
                  for details.\n\ngem5 version 24.0.0.1\ngem5 compiled Nov 22 2025\ngem5 executing on host, pid 2\n";
    assert_eq!(facts(banner).last_words, None);
    let words = |text: &str| facts(&format!("{text}{banner}warn: one\n")).last_words;
    assert_eq!(words("No workload specified. Exiting!\n\n").as_deref(), Some("No workload specified. Exiting!"));
    assert_eq!(words("one\ntwo\n").as_deref(), Some("two"));
}

#[test]
fn a_guest_that_imitates_an_end_is_overruled_by_the_real_one() {
    let text = "Exiting @ tick 1 because m5_fail instruction encountered\nSimulated exit code not 0! Exit code is 9\n\
                Exiting @ tick 700 because exiting with last active thread context\n";
    let facts = facts(text);
    assert_eq!((facts.exit.and_then(|exit| exit.tick), facts.guest_exit_code), (Some(700), None));
}

#[test]
fn a_failure_on_standard_output_is_the_guests_unless_both_streams_are_one_file() {
    let out = facts("fatal: said by a guest\n");
    assert_eq!(out.clone().merged(&facts("warn: by gem5\n"), false).failure, None);
    assert!(
        out.clone().merged(&LogFacts::default(), true).failure.is_some()
            && out.merged(&LogFacts::default(), false).failure.is_none()
    );
    let faked = facts("Exiting @ tick 1 because m5_exit instruction encountered\n");
    assert_eq!(facts("hello\n").merged(&faked, false).exit, None);
    assert!(LogFacts::default().merged(&faked, true).exit.is_some());
}

#[test]
fn the_place_of_an_exception_is_the_line_of_the_script() {
    let new = "AttributeError: Class L1 has no parameter foo\n\nAt:\n  src/python/m5/SimObject.py(907): __setattr__\n  \
               /x/run.py(12): <module>\n  src/python/m5/main.py(669): main\n";
    assert_eq!(failure(new).1, "AttributeError: Class L1 has no parameter foo (/x/run.py:12)");
    let old = "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n  File \
               \"build/X86/python/m5/main.py\", line 455, in main\n    exec(filecode, scope)\n  File \"/x/run.py\", line 12, \
               in <module>\n    f()\n  File \"build/X86/python/m5/SimObject.py\", line 907, in __setattr__\nAttributeError: x\n";
    assert_eq!(failure(old).1, "AttributeError: x (/x/run.py:12)");
    let only_gem5 = "ValueError: x\n\nAt:\n  src/python/m5/main.py(669): main\n";
    assert_eq!(failure(only_gem5).1, "ValueError: x (src/python/m5/main.py:669)");
    let syntax = "SyntaxError: invalid syntax (run.py, line 3)\n\nAt:\n  src/python/m5/main.py(660): main\n";
    assert_eq!(failure(syntax).1, "SyntaxError: invalid syntax (run.py, line 3) (run.py:3)");
}

#[test]
fn an_exception_without_a_place_counts_only_as_the_last_word() {
    assert_eq!(facts("RuntimeError: x").exception_at_end.as_deref(), Some("RuntimeError: x"));
    assert_eq!(facts("RuntimeError: x\nbye\n").exception_at_end, None);
}

#[test]
fn runtimes_that_give_up_are_known() {
    for line in [
        "double free or corruption (out)",
        "malloc(): corrupted top size",
        "Fatal Python error: x: y",
        "*** stack smashing detected ***: terminated",
    ] {
        assert_eq!(failure(line), (FailureKind::Runtime, line.to_owned(), 0));
    }
    let clang = "libc++abi: terminating due to uncaught exception of type std::bad_alloc: std::bad_alloc\n";
    assert_eq!(failure(clang).1, "std::bad_alloc: std::bad_alloc");
}

#[test]
fn a_message_that_begins_on_the_next_line_is_still_told() {
    let text = "src/x.cc:1: fatal: \n\tsystem.a\nMemory Usage: 1 KBytes\n";
    assert_eq!(failure(text).1, "system.a (src/x.cc:1)");
    assert_eq!(failure("fatal:\n").1, "no message");
}

#[test]
fn a_long_line_in_pieces_is_the_same_as_in_one() {
    let text = format!("{}Exiting @ tick 5 because y\n", "abc".repeat(20_000));
    let whole = facts(&text);
    for size in [1, 7, 4000, 8192, 9000] {
        let mut scanner = LogScanner::new();
        for piece in text.as_bytes().chunks(size) {
            scanner.feed(piece);
        }
        assert_eq!(scanner.facts(), &whole, "pieces of {size}");
    }
    assert!(whole.exit.is_some());
}

#[test]
fn what_follows_the_end_of_gem5_is_a_consequence() {
    let fatal = "src/sc.cc:77: fatal: no main.\nMemory Usage: 2 KBytes\n";
    let fiber = "src/fiber.cc:114: panic: Fiber stack is in use.\nMemory Usage: 2 KBytes\nProgram aborted at tick 0\n";
    assert_eq!(failure(&format!("{fatal}{fiber}")).1, "no main.; then panic: Fiber stack is in use. (src/sc.cc:77)");
    let exception = "AttributeError: no x\n\nAt:\n  run.py(133): <module>\n  src/python/m5/main.py(669): main\n";
    let fault = "gem5 has encountered a segmentation fault!\n";
    let both = format!("{exception}{fault}");
    assert_eq!(failure(&both).1, "AttributeError: no x; then a segmentation fault (run.py:133)");
    assert_eq!(facts(&both).last_word, Some(LastWord::Exception));
    // What a simulated program says is survived, and is nobody's first word.
    assert_eq!(failure(&format!("fatal: said by a guest\n{fatal}")).1, "no main. (src/sc.cc:77)");
}

#[test]
fn an_exit_line_takes_back_what_stands_before_it() {
    let done = "Exiting @ tick 5 because m5_exit instruction encountered\n";
    let panic = "panic: x\nMemory Usage: 2 KBytes\nProgram aborted at tick 3\n";
    let survived = facts(&format!("{panic}{done}"));
    assert_eq!((survived.last_word, survived.failure), (None, None));
    assert_eq!(facts(&format!("{done}{panic}")).last_word, Some(LastWord::Abort));
    // Standard output is written late: nobody survives an exception.
    let exception = "KeyError: 'x'\n\nAt:\n  run.py(3): <module>\n  src/python/m5/main.py(669): main\n";
    assert_eq!(facts(&format!("{exception}{BANNER}{done}")).last_word, Some(LastWord::Exception));
    let talk = "Simulation Completed Successfully!\nExit event: m5_exit instruction encountered\n";
    assert_eq!(facts(&format!("{panic}{talk}")).last_word, Some(LastWord::Abort), "a cause that is only named");
}

#[test]
fn the_second_banner_of_a_log_begins_another_run() {
    let first = format!("{BANNER}warn: x\nExiting @ tick 5 because m5_exit instruction encountered\n");
    let second = "src/x.cc:1: fatal: bad\nMemory Usage: 2 KBytes\n";
    let both = facts(&format!("{first}{BANNER}{second}"));
    assert_eq!((both.exit, both.warnings, both.tick), (None, 0, None));
    assert_eq!(both.failure.unwrap().message, "bad");
    assert_eq!(facts(&format!("{BANNER}{second}{first}")).failure, None);
}

#[test]
fn what_a_runner_puts_before_every_line_is_not_gem5s() {
    let text = format!("{BANNER}{PANIC}ValueError: x\n\nAt:\n  /x/run.py(3): f\n");
    for prefix in [
        "Nov 29 10:00:0N ",
        "[1,N]<stdout>:",
        "gem5-1  | ",
        "> ",
        "N: ",
        "[2024-11-29 10:00:0N,123: WARNING/Worker-1] ",
    ] {
        let line = |(at, line): (usize, &str)| format!("{}{line}\n", prefix.replace('N', &at.to_string()));
        let prefixed: String = text.lines().enumerate().map(line).collect();
        assert_eq!(facts(&prefixed).failure, facts(&text).failure, "{prefix}");
        assert_eq!(facts(&prefixed).aborted_at, Some(61_424_000), "{prefix}");
    }
}

#[test]
fn an_exception_behind_other_text_counts_with_its_place() {
    let trace = "\n\nAt:\n  run.py(133): <module>\n";
    let glued = format!("step 17/100 ... AttributeError: no x{trace}");
    assert_eq!(failure(&glued).1, "AttributeError: no x (run.py:133)");
    assert_eq!(
        failure(&format!("ValueError: first\nit was a KeyError: second{trace}")).1,
        "ValueError: first (run.py:133)"
    );
    assert_eq!(facts("it was a KeyError: second").exception_at_end, None);
}

#[test]
fn the_place_of_an_exception_is_not_pythons_own_library() {
    let text = "URLError: <no network>\n\nAt:\n  /usr/lib/python3.10/urllib/request.py(1351): do_open\n  \
                src/python/gem5/resources/downloader.py(101): get\n  run.py(40): <module>\n  src/python/m5/main.py(669): main\n";
    assert_eq!(failure(text).1, "URLError: <no network> (run.py:40)");
    let old = "Traceback (most recent call last):\n  File \"/x/run.py\", line 40, in <module>\n  File \
               \"/opt/conda/lib/python3.11/json/decoder.py\", line 355, in raw_decode\nJSONDecodeError: x\n";
    assert_eq!(failure(old).1, "JSONDecodeError: x (/x/run.py:40)");
}

#[test]
fn the_lines_that_tell_what_happened_belong_to_the_message() {
    let ruby = "x/L1Cache_Transitions.cc:266: panic: Invalid transition\nsystem.l1 time: 73 addr: 0x9100 event: Data state: IS_D\n\n\
                Memory Usage: 9 KBytes\n";
    let said =
        "Invalid transition system.l1 time: 73 addr: 0x9100 event: Data state: IS_D (x/L1Cache_Transitions.cc:266)";
    assert_eq!(failure(ruby).1, said);
    let ports = "src/mem/xbar.cc:436: fatal: two ports in [0:1]:\n\tsystem.a\n\tsystem.b\nMemory Usage: 1 KBytes\n";
    assert_eq!(failure(ports).1, "two ports in [0:1] system.a system.b (src/mem/xbar.cc:436)");
    let advice =
        "src/mem/xbar.cc:368: fatal: no destination\nUse --debug-flags=PortTrace to see it.\nMemory Usage: 1 KBytes\n";
    assert_eq!(failure(advice).1, "no destination (src/mem/xbar.cc:368)");
}

#[test]
fn what_wrappers_write_is_no_last_word() {
    let time = "Command exited with non-zero status 1\n\tCommand being timed: \"gem5\"\n\tExit status: 1\n";
    let perf = "\n Performance counter stats for 'gem5':\n\n   1.20 seconds user\n   0.03 seconds sys\n\n";
    for trailer in [time, perf, "make: *** [Makefile:3: run] Error 1\n"] {
        assert_eq!(
            facts(&format!("No such workload\n{trailer}")).last_words.as_deref(),
            Some("No such workload"),
            "{trailer}"
        );
    }
    let sanitizer = "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n    #0 0x5 in f() src/iew.cc:412\n\
                     SUMMARY: AddressSanitizer: heap-use-after-free src/iew.cc:412 in f()\n==1==ABORTING\n";
    assert_eq!(failure(sanitizer).1, "AddressSanitizer: heap-use-after-free (src/iew.cc:412)");
    assert_eq!(facts(sanitizer).last_word, Some(LastWord::Abort));
    let gdb = "Thread 1 \"gem5.opt\" received signal SIGSEGV, Segmentation fault.\n";
    assert_eq!(facts("").merged(&facts("warn: x\n"), false).last_word, None);
    assert_eq!(facts(gdb).merged(&facts("warn: x\n"), false).last_word, Some(LastWord::Fault));
}

#[test]
fn the_tick_and_the_code_of_a_cause_may_stand_behind_it() {
    let facts =
        facts("Exit event: m5_fail instruction encountered\nSimulated time: 698,474,000 ticks\nExit code: 7\n@ 9\n");
    let exit = facts.exit.unwrap();
    assert_eq!(
        (exit.tick, exit.cause.as_str(), facts.guest_exit_code),
        (Some(698_474_000), "m5_fail instruction encountered", Some(7))
    );
}

#[test]
fn what_gem5_waits_for_is_known_as_long_as_it_is_the_last_line() {
    let waits = "src/sim/workload.cc:100: info: board.workload: Waiting for a remote GDB connection on #7000.\n";
    assert!(facts(waits).waits.unwrap().ends_with("on #7000."));
    assert_eq!(facts(&format!("{waits}warn: x\n")).waits, None);
    assert_eq!(facts("> run.py(12)<module>()\n-> m5.simulate()\n(Pdb) ").last_line.as_deref(), Some("(Pdb)"));
    assert_eq!(
        facts("Downloading x\nKeyboardInterrupt: \n\nAt:\n  run.py(1): f\n").last_line.as_deref(),
        Some("Downloading x")
    );
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_same(cuts in prop::collection::vec(0_usize..1200, 0..6)) {
        let text = format!("gem5 version 25.0\n{PANIC}ValueError: x\n\nAt:\n  /a.py(1): f\nExiting @ tick 5 because y\n");
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        let mut scanner = LogScanner::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([text.len()]) {
            scanner.feed(&text.as_bytes()[from..cut]);
            from = cut;
        }
        prop_assert_eq!(scanner.facts(), &facts(&text));
    }

    #[test]
    fn any_bytes_are_survived_in_bounded_memory(pieces in prop::collection::vec(any::<Vec<u8>>(), 0..20)) {
        let mut scanner = LogScanner::new();
        for piece in &pieces {
            scanner.feed(piece);
            prop_assert!(scanner.held() <= MAX_LINE);
        }
        scanner.finish();
    }
}

#[test]
fn what_is_read_on_behind_a_gap_is_no_new_line() {
    let mut scanner = LogScanner::new();
    scanner.feed(b"warn: fault at 0x1\nwarn: fault at 0x2\nwarn: fau");
    scanner.skip();
    scanner.feed(b"lt at");
    scanner.feed(b" 0x77\nwarn: fault at 0x78\n");
    let repetition = scanner.repetition();
    assert_eq!((repetition.bytes() - repetition.idle(), scanner.facts().warnings), (19, 3));
}

#[test]
fn a_runners_time_before_each_line_is_no_news_and_a_second_banner_takes_back_nothing() {
    let mut scanner = LogScanner::new();
    let line = |scanner: &mut LogScanner, second: u64, text: &str| {
        scanner.feed(format!("[{second}s] {text}\n").as_bytes());
        scanner.repetition().bytes() - scanner.repetition().idle()
    };
    line(&mut scanner, 1, "gem5 Simulator System.  https://www.gem5.org");
    let first = line(&mut scanner, 2, "warn: fault");
    assert!((3..100).all(|second| line(&mut scanner, second, "warn: fault") == first));
    let before = scanner.repetition().bytes();
    assert!(line(&mut scanner, 100, "gem5 Simulator System.  https://www.gem5.org") > first);
    assert!(scanner.repetition().bytes() > before && scanner.facts().warnings == 0);
}
