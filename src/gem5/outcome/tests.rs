use super::super::log::{GuestState, LogFacts, LogScanner};
use super::*;

fn log(text: &str) -> LogFacts {
    let mut scanner = LogScanner::new();
    scanner.feed(text.as_bytes());
    scanner.finish();
    scanner.facts().clone()
}

pub(super) fn signal(name: &str) -> EndFacts {
    EndFacts::Signaled { number: 0, name: name.to_owned() }
}

/// Evidence of a script that dumped so often, with all of its text on one stream.
pub(super) fn evidence(end: EndFacts, text: &str, dumps: u32) -> Evidence {
    let stats = StatsFacts { dumps, stats_txt: true, ..StatsFacts::default() };
    Evidence { end: Some(end), log: log(text), stats, simulates: true, ..Evidence::default() }
}

/// The same with the two streams apart.
pub(super) fn apart(end: EndFacts, out: &str, err: &str, dumps: u32) -> Evidence {
    Evidence { log: log(out).merged(&log(err), out.is_empty() || err.is_empty()), ..evidence(end, "", dumps) }
}

pub(super) fn shown(evidence: &Evidence) -> String {
    let outcome = derive(evidence);
    format!("{}: {}", outcome.kind.word(), outcome.line())
}

#[test]
fn every_word_is_listed_once_and_is_the_one_of_the_records() {
    for kind in OutcomeKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        assert_eq!(OutcomeKind::ALL.iter().filter(|other| other.word() == kind.word()).count(), 1);
    }
}

#[test]
fn an_outcome_of_an_earlier_release_is_still_read() {
    let old: Outcome = serde_json::from_str(r#"{"kind": "ok", "cause": "x"}"#).unwrap();
    assert_eq!(old, Outcome::new(OutcomeKind::Ok, "x"));
    assert_eq!(serde_json::to_string(&old).unwrap(), r#"{"kind":"ok","cause":"x"}"#);
}

const DONE: &str = "Exiting @ tick 5 because exiting with last active thread context\n";

#[test]
fn exit_code_0_is_not_success() {
    let guest = format!("{DONE}Simulated exit code not 0! Exit code is 3\n");
    let failed =
        "Exiting @ tick 5 because m5_fail instruction encountered\nSimulated exit code not 0! Exit code is 7\n";
    let rows = [
        (DONE, "ok: exiting with last active thread context @ tick 5"),
        (&guest, "guest-failed: the simulated program ended with code 3 @ tick 5"),
        (failed, "guest-failed: m5_fail instruction encountered (code 7) @ tick 5"),
        ("Exiting @ tick 5 because simulate() limit reached\n", "limit: simulate() limit reached @ tick 5"),
        (
            "Exiting @ tick 5 because Kernel panic in simulated system.\n",
            "guest-failed: Kernel panic in simulated system. @ tick 5",
        ),
        ("Exiting @ tick 5 because checkpoint\n", "ok: checkpoint @ tick 5"),
        ("Exiting @ tick 5 because a cause of gem5 31\n", "ok: a cause of gem5 31 @ tick 5"),
        (
            "Exiting @ tick 5 because user interrupt received\n",
            "cancelled: interrupted by a SIGINT that gem5-tui did not send, stats kept (dump 1) @ tick 5",
        ),
        ("Exit event called at Tick 7: Kernel booted.\n", "ok: exit code 0, last exit event: Kernel booted."),
        ("done\n", "ok: exit code 0"),
    ];
    for (text, expected) in rows {
        assert_eq!(shown(&evidence(EndFacts::Exited(0), text, 1)), expected);
    }
}

#[test]
fn every_cause_of_gem5_has_its_class() {
    let classes = [
        (
            OutcomeKind::Ok,
            &[
                "target called exit()",
                "end of all traces reached.",
                "Ruby Tester completed",
                "m5_exit instruction encountered",
                "system.tgen has encountered the exit state and will terminate the simulation.",
                "semi:ADP_Stopped_ApplicationExit",
                "simpoint starting point found",
            ][..],
        ),
        // The script did not go on behind it.
        (OutcomeKind::Failed, &["switchcpu", "workbegin"][..]),
        (
            OutcomeKind::Limit,
            &[
                "a thread reached the max instruction count",
                "all threads reached the max instruction count",
                "Tick exit reached",
                "work items exit count reached",
                "max vALU insts",
            ][..],
        ),
        (
            OutcomeKind::GuestFailed,
            &[
                "Kernel oops in simulated system.",
                "Kernel panic in simulated kernel",
                "Kernel oops in guest",
                "semi:ADP_Stopped_RunTimeErrorUnknown",
                "connection to gem5 peer got closed",
                "LUPIO_SYS_HALT",
                "a mismatch with the TARMAC trace was found",
            ][..],
        ),
    ];
    for (kind, causes) in classes {
        for cause in causes {
            let text = format!("Exiting @ tick 5 because {cause}\n");
            assert_eq!(derive(&evidence(EndFacts::Exited(0), &text, 1)).kind, kind, "{cause}");
        }
    }
}

#[test]
fn a_checkpoint_says_why_a_script_ends_where_the_workload_begins() {
    let text = "Exiting @ tick 5 because workbegin\n";
    let meant = Evidence { has_checkpoint: true, ..evidence(EndFacts::Exited(0), text, 1) };
    assert_eq!(shown(&meant), "ok: workbegin @ tick 5");
    assert!(shown(&evidence(EndFacts::Exited(0), text, 1)).starts_with("failed: it ended at \"workbegin\", "));
}

#[test]
fn a_failure_that_is_only_named_is_never_ok() {
    let fails = |text: &str, tick| {
        let mut evidence = evidence(EndFacts::Exited(0), text, 1);
        evidence.stats.final_tick = tick;
        shown(&evidence)
    };
    let named =
        "Simulation Completed Successfully!\nExit event: m5_fail instruction encountered\nSimulated time: 5 ticks\n";
    let told = "guest-failed: m5_fail instruction encountered";
    assert_eq!(fails(named, None), format!("{told} @ tick 5"));
    // The number beside it counts from the checkpoint.
    assert_eq!(fails(named, Some(900.0)), told);
    assert_eq!(fails(&format!("{named}{DONE}"), None), "ok: exiting with last active thread context @ tick 5");
    let event = "Exit event called at Tick 7: m5_fail instruction encountered\n";
    assert_eq!(fails(event, None), told);
}

#[test]
fn a_stall_names_the_last_line_of_the_log() {
    let stalled =
        Evidence { stop: Some(StopReason::Stalled { limit_ms: 75_000 }), ..evidence(signal("SIGKILL"), "(Pdb) ", 0) };
    let expected =
        "stalled: no tick, output or CPU time for 1m 15s behind the line \"(Pdb)\", no stats, ended by SIGKILL";
    assert_eq!(shown(&stalled), expected);
}

#[test]
fn what_a_guest_prints_does_not_make_a_good_run_bad() {
    let ok = |out: &str, err: &str, tick: Option<f64>| {
        let mut evidence = apart(EndFacts::Exited(0), out, err, 1);
        evidence.stats.final_tick = tick;
        derive(&evidence).kind
    };
    let imitated = "Exiting @ tick 5 because m5_fail instruction encountered\n";
    assert_eq!(ok("fatal: I give up\npanic: no\n", "src/x.cc:1: fatal: I too\n", Some(900.0)), OutcomeKind::Ok);
    assert_eq!(ok(&format!("{imitated}{DONE}"), "", None), OutcomeKind::Ok);
    // The standard library prints no exit line of its own: the dump at the end shows that gem5 went on.
    assert_eq!(ok(imitated, "warn: x\n", Some(900.0)), OutcomeKind::Ok);
    assert_eq!(ok(imitated, "warn: x\n", Some(5.0)), OutcomeKind::GuestFailed);
    assert_eq!(ok("hi\n", imitated, Some(900.0)), OutcomeKind::Ok);
    let code = "Simulated exit code not 0! Exit code is 3\n";
    assert_eq!(ok(&format!("{code}{DONE}"), "", None), OutcomeKind::Ok);
    assert_eq!(ok(&format!("{imitated}{code}"), "warn: x\n", Some(900.0)), OutcomeKind::Ok);
}

#[test]
fn what_a_guest_prints_does_not_make_a_bad_run_good() {
    let stopped = |tick| {
        let mut evidence = apart(EndFacts::Exited(0), DONE, "warn: x\n", 1);
        (evidence.stats.final_tick, evidence.stop) = (Some(tick), Some(StopReason::Cancelled));
        derive(&evidence).kind
    };
    assert_eq!(stopped(900.0), OutcomeKind::Cancelled, "the line was printed by the guest, long before the end");
    assert_eq!(stopped(1.0), OutcomeKind::Cancelled, "no dump was written at that tick");
    assert_eq!(stopped(5.0), OutcomeKind::Ok);
    assert_eq!(shown(&apart(EndFacts::Exited(1), DONE, "src/x.cc:9: fatal: bad\n", 0)), "fatal: bad (src/x.cc:9)");
    assert_eq!(derive(&evidence(signal("SIGSEGV"), DONE, 1)).kind, OutcomeKind::Segv);
}

#[test]
fn what_we_stopped_says_whether_its_stats_were_kept() {
    let interrupted = "Exiting @ tick 5 because user interrupt received\n";
    let rows = [
        (
            StopReason::Cancelled,
            EndFacts::Exited(0),
            interrupted,
            3,
            "cancelled: cancelled, stats kept (dump 3) @ tick 5",
        ),
        (StopReason::Cancelled, signal("SIGKILL"), "", 0, "cancelled: cancelled, no stats, ended by SIGKILL"),
        (
            StopReason::TimeUp { at_unix_ms: 5 },
            EndFacts::Exited(0),
            interrupted,
            2,
            "interrupted: its time was up, stats kept (dump 2) @ tick 5",
        ),
        (
            StopReason::Timeout { limit_ms: 7_200_000 },
            EndFacts::Exited(1),
            "",
            1,
            "timeout: the limit of 2h was reached, stats kept (dump 1), exit code 1",
        ),
        (
            StopReason::Stalled { limit_ms: 60_000 },
            EndFacts::Exited(0),
            interrupted,
            1,
            "stalled: no tick, output or CPU time for 1m, stats kept (dump 1) @ tick 5",
        ),
        (
            StopReason::Output { bytes: 3 << 30, limit: 2 << 30 },
            EndFacts::Exited(0),
            "",
            0,
            "disk: it wrote 3 GiB, its limit is 2 GiB, no stats",
        ),
        (
            StopReason::DiskFull { free: 1 << 20, limit: 1 << 30 },
            signal("SIGTERM"),
            "",
            0,
            "disk: the disk has 1 MiB left, 1 GiB must stay free, no stats, ended by SIGTERM",
        ),
    ];
    for (stop, end, text, dumps, expected) in rows {
        assert_eq!(shown(&Evidence { stop: Some(stop), ..evidence(end, text, dumps) }), expected);
    }
}

#[test]
fn the_line_that_filled_the_log_of_a_stopped_run_is_named_with_its_count() {
    let line = "src/arch/riscv/pmp.cc:134: warn: pmp access fault.";
    let flood = |times, is_all| Some(Flood { line: line.to_owned(), times, is_all });
    let of = |stop, flood| shown(&Evidence { stop: Some(stop), flood, ..evidence(EndFacts::Exited(0), "", 1) });
    assert_eq!(
        of(StopReason::Stalled { limit_ms: 60_000 }, flood(12, true)),
        format!("stalled: nothing new for 1m, stats kept (dump 1); its log repeats {line} 12 times")
    );
    assert_eq!(
        of(StopReason::Output { bytes: 3 << 30, limit: 2 << 30 }, flood(382_000, true)),
        format!("disk: it wrote 3 GiB, its limit is 2 GiB, stats kept (dump 1); its log repeats {line} 382,000 times")
    );
    assert_eq!(
        of(StopReason::Timeout { limit_ms: 60_000 }, flood(382_000, false)),
        format!(
            "timeout: the limit of 1m was reached, stats kept (dump 1); its log repeats {line} at least 382,000 times"
        )
    );
    assert_eq!(
        of(StopReason::Timeout { limit_ms: 60_000 }, flood(12, true)),
        "timeout: the limit of 1m was reached, stats kept (dump 1)",
        "a few warnings at the end are usual"
    );
    let full =
        Evidence { flood: flood(500, true), ..evidence(EndFacts::Exited(1), "OSError: [Errno 28] No space\n", 1) };
    assert!(shown(&full).starts_with("disk: ") && shown(&full).ends_with("fault. 500 times"), "{}", shown(&full));
    for code in [124, 137] {
        let outside = Evidence { flood: flood(500, true), ..evidence(EndFacts::Exited(code), "", 1) };
        assert!(shown(&outside).ends_with("fault. 500 times"), "{}", shown(&outside));
    }
    let well = Evidence { flood: flood(500, true), ..evidence(EndFacts::Exited(0), DONE, 1) };
    assert!(!shown(&well).contains("repeats"), "{}", shown(&well));
}

#[test]
fn dumps_that_we_asked_for_are_not_called_the_stats_of_a_killed_run() {
    let mut killed = Evidence { stop: Some(StopReason::Cancelled), ..evidence(signal("SIGKILL"), "", 3) };
    killed.stats.only_requested = true;
    let expected = "cancelled: cancelled, no stats but 3 dumps that gem5-tui had asked for, ended by SIGKILL";
    assert_eq!(shown(&killed), expected);
}

#[test]
fn a_run_that_finished_before_the_cancel_reached_it_is_ok() {
    let finished = Evidence { stop: Some(StopReason::Cancelled), ..evidence(EndFacts::Exited(0), DONE, 1) };
    assert_eq!(shown(&finished), "ok: exiting with last active thread context @ tick 5");
}

#[test]
fn an_end_that_nobody_saw_is_never_success() {
    for stop in [None, Some(StopReason::Cancelled)] {
        let lost = Evidence { end: None, stop, ..evidence(EndFacts::Exited(0), DONE, 1) };
        assert_eq!(derive(&lost).kind, OutcomeKind::Lost);
        assert_eq!(derive_from_log(&lost).kind, OutcomeKind::Lost);
    }
}

#[test]
fn a_script_that_makes_its_status_of_the_code_has_told_the_end_before() {
    let rows = [
        (
            7,
            "Exiting @ tick 5 because m5_fail instruction encountered\n",
            "guest-failed: m5_fail instruction encountered (code 7) @ tick 5",
        ),
        (1, DONE, "guest-failed: the simulated program ended with code 1 @ tick 5"),
        (
            3,
            "Exiting @ tick 5 because exiting with last active thread context. Exit code 3\n",
            "guest-failed: the simulated program ended with code 3 @ tick 5",
        ),
        (
            2,
            "exiting with last active thread context (2) @ 5\n",
            "guest-failed: the simulated program ended with code 2 @ tick 5",
        ),
        (
            1,
            "Kernel panic in simulated kernel  @  5\n",
            "guest-failed: Kernel panic in simulated kernel (exit code 1) @ tick 5",
        ),
        (4, "Exiting @ tick 5 because checkpoint\n", "failed: exit code 4 behind the end \"checkpoint\" @ tick 5"),
        // The other way round: gem5 ends well, and the line alone tells.
        (
            0,
            "exiting with last active thread context (2) @ 5\n",
            "guest-failed: the simulated program ended with code 2 @ tick 5",
        ),
        (
            0,
            "Exiting @ tick 5 because simulate() limit reached (exit code is 0)\n",
            "limit: simulate() limit reached @ tick 5",
        ),
        (
            0,
            "m5_fail instruction encountered (3) @ 5\n",
            "guest-failed: m5_fail instruction encountered (code 3) @ tick 5",
        ),
    ];
    for (code, text, expected) in rows {
        assert_eq!(shown(&evidence(EndFacts::Exited(code), text, 1)), expected, "{code} {text}");
    }
}

#[test]
fn a_run_that_came_to_the_end_of_time_is_no_result_unless_a_rule_says_so() {
    const DRY: &str = "ran-dry: nothing was left to happen and no limit was set: every CPU slept, or there was none";
    for tick in ["9223372036854775807", "18446744073709551615", "18446744073709551616"] {
        let text = format!("Exiting @ tick {tick} because simulate() limit reached\n");
        let shown = shown(&evidence(EndFacts::Exited(0), &text, 1));
        assert!(shown.starts_with(DRY), "{tick}: {shown}");
    }
    // A script that prints nothing: the last dump tells.
    let mut silent = evidence(EndFacts::Exited(0), "", 1);
    silent.stats.final_tick = Some(18_446_744_073_709_552_000.0);
    assert_eq!(shown(&silent), DRY);
    assert!(!OutcomeKind::RanDry.is_ok() && !OutcomeKind::RanDry.is_worth_retrying());
    // What a workload came to by itself is its end, whatever the clock says.
    let done = "Exiting @ tick 18446744073709551615 because exiting with last active thread context\n";
    assert!(shown(&evidence(EndFacts::Exited(0), done, 1)).starts_with("ok: "));
    let asked = "Exiting @ tick 1000000000000000000 because simulate() limit reached\n";
    assert!(shown(&evidence(EndFacts::Exited(0), asked, 1)).starts_with("limit: "));
}

#[test]
fn an_exit_code_that_nothing_explains_has_the_last_words_beside_it_and_is_grouped_by_them() {
    let ended = |out: &str, err: &str| derive(&apart(EndFacts::Exited(1), out, err, 0));
    let workload = ended("gem5 version 24.0.0.1\n", "No workload specified. Exiting!\n\n");
    assert_eq!(workload.line(), "exit code 1: No workload specified. Exiting!");
    let list = ended("gem5 version 24.0.0.1\n\nNo recognized SPEC2006 benchmark selected! Exiting.\n", "\n");
    assert_eq!(list.line(), "exit code 1: No recognized SPEC2006 benchmark selected! Exiting.");
    let loader = "./gem5.opt: /lib/libc.so.6: version `GLIBC_2.34' not found (required by ./gem5.opt)\n";
    let groups = [workload, list, ended("", loader)].map(|outcome| signature(&outcome));
    assert!(groups[0] != groups[1] && groups[1] != groups[2], "{groups:?}");
}

#[test]
fn crashes_are_told_apart() {
    let rows = [
        (signal("SIGKILL"), "", "killed: SIGKILL, not sent by gem5-tui (out of memory?)"),
        (signal("SIGTERM"), "", "killed: SIGTERM, not sent by gem5-tui"),
        (signal("SIGBUS"), "", "segv: SIGBUS, bus error"),
        (signal("SIGILL"), "", "abort: SIGILL, illegal instruction (was this gem5 built for another CPU?)"),
        (signal("SIGABRT"), "Program aborted at tick 7\n", "abort: SIGABRT without a panic message @ tick 7"),
        (signal("SIGABRT"), "src/x.cc:1: panic: bad\n", "panic: bad (src/x.cc:1)"),
        (signal("SIGABRT"), "panic: bad\nMemory Usage: 5 KBytes\nProgram aborted at tick 9\n", "panic: bad @ tick 9"),
        (
            signal("SIGABRT"),
            "gem5.opt: src/f.cc:12: void f(): Assertion `x' failed.\nProgram aborted at tick 3\n",
            "abort: Assertion `x' failed. (src/f.cc:12) @ tick 3",
        ),
        (
            signal("SIGABRT"),
            "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
            "abort: uncaught C++ exception std::bad_alloc: std::bad_alloc",
        ),
        (
            signal("SIGABRT"),
            "double free or corruption (out)\nProgram aborted at tick 4\n",
            "abort: double free or corruption (out) @ tick 4",
        ),
        (signal("SIGSEGV"), "gem5 has encountered a segmentation fault!\n", "segv: SIGSEGV, segmentation fault"),
        (EndFacts::Exited(1), "fatal: no\n", "fatal: no"),
        (EndFacts::Exited(1), "panic: Python said so\n", "panic: Python said so"),
        (EndFacts::Exited(1), "\r\x1b[31msrc/x.cc:4: fatal: no\x1b[0m", "fatal: no (src/x.cc:4)"),
        (EndFacts::Exited(1), "", "failed: exit code 1"),
        (EndFacts::Exited(1), "RuntimeError: x", "python-error: RuntimeError: x"),
        // It succeeds when the disk has space again, so it may be retried as such.
        (
            EndFacts::Exited(1),
            "OSError: [Errno 28] No space left on device",
            "disk: OSError: [Errno 28] No space left on device",
        ),
        (EndFacts::Exited(1), "OSError: [Errno 2] x", "python-error: OSError: [Errno 2] x"),
        (
            EndFacts::Exited(3),
            "info: Entering event queue @ 0.\nfatal: said by a guest\n",
            "failed: exit code 3: said by a guest",
        ),
        (EndFacts::Exited(137), "", "killed: exit code 137, as a shell tells of SIGKILL"),
        (EndFacts::Exited(134), "panic: bad\nProgram aborted at tick 9\n", "panic: bad @ tick 9"),
        (
            EndFacts::Exited(1),
            "KeyboardInterrupt: \n\nAt:\n  /x/run.py(1): <module>\n",
            "cancelled: interrupted by a SIGINT that gem5-tui did not send, no stats",
        ),
        (EndFacts::NotStarted("no such file".to_owned()), DONE, "not-started: no such file"),
    ];
    for (end, text, expected) in rows {
        assert_eq!(shown(&evidence(end, text, 0)), expected);
    }
}

#[test]
fn both_forms_of_a_python_exception_end_alike() {
    let old = "Traceback (most recent call last):\n  File \"/x/run.py\", line 3, in <module>\nValueError: bad\n";
    let new = "ValueError: bad\n\nAt:\n  /x/run.py(3): <module>\n  src/python/m5/main.py(669): main";
    for text in [old, new] {
        assert_eq!(shown(&evidence(EndFacts::Exited(1), text, 1)), "python-error: ValueError: bad (/x/run.py:3)");
    }
}

#[test]
fn a_refused_command_line_is_told_from_a_guest_that_talks_of_one() {
    let refused = |code, text| derive(&evidence(EndFacts::Exited(code), text, 0)).kind;
    assert_eq!(refused(2, "gem5.opt: error: no such option: --x\n"), OutcomeKind::Usage);
    assert_eq!(refused(2, "Script run.py not found\nUsage\n=====\n"), OutcomeKind::Usage);
    assert_eq!(refused(2, "Usage\n=====\n  gem5.opt [gem5 options] script.py [script options]\n"), OutcomeKind::Usage);
    assert_eq!(refused(2, "usage: se.py [-h]\nse.py: error: unrecognized arguments: -q\n"), OutcomeKind::Usage);
    assert_eq!(refused(1, "invalid debug flag 'MemAlloc'\n"), OutcomeKind::Usage);
    assert_eq!(refused(2, ""), OutcomeKind::Failed);
    assert_eq!(refused(1, "cc: error: no input files\n"), OutcomeKind::Failed);
    let ran =
        "src/sim/simulate.cc:199: info: Entering event queue @ 0.  Starting simulation...\ncc: error: no input files\n";
    assert_eq!(refused(2, ran), OutcomeKind::Failed);
}

#[test]
fn a_kill_for_want_of_memory_names_the_counter() {
    let killed = |cgroup, machine| {
        let oom_kills = OomKills { cgroup, machine };
        shown(&Evidence { oom_kills, ..evidence(signal("SIGKILL"), "", 0) })
    };
    assert_eq!(killed(None, None), "killed: SIGKILL, not sent by gem5-tui (out of memory?)");
    assert_eq!(killed(Some(0), Some(0)), "killed: SIGKILL, not sent by gem5-tui (out of memory?)");
    assert!(killed(Some(1), Some(1)).contains("control group"));
    assert!(killed(None, Some(2)).starts_with("oom: out of memory: the kernel killed 2 processes of this machine"));
    let ours = Evidence {
        oom_kills: OomKills { cgroup: Some(1), machine: None },
        stop: Some(StopReason::Cancelled),
        ..evidence(signal("SIGKILL"), "", 0)
    };
    assert_eq!(derive(&ours).kind, OutcomeKind::Cancelled, "we sent this one");
}

#[test]
fn a_guest_kernel_that_panicked_is_heard_where_gem5_says_nothing() {
    let text = "Kernel panic - not syncing: no init".to_owned();
    let console = Some(ConsoleWord { state: GuestState::Failed, file: "system.terminal".to_owned(), text });
    let with = |text: &str| derive(&Evidence { console: console.clone(), ..evidence(EndFacts::Exited(0), text, 1) });
    assert_eq!(with("").cause, "system.terminal says: Kernel panic - not syncing: no init");
    assert_eq!(with("").kind, OutcomeKind::GuestFailed);
    assert_eq!(with("Exiting @ tick 5 because simulate() limit reached\n").kind, OutcomeKind::GuestFailed);
    assert_eq!(with("Exiting @ tick 5 because m5_exit instruction encountered\n").kind, OutcomeKind::Ok);
    let hung = Evidence {
        console,
        stop: Some(StopReason::Timeout { limit_ms: 1000 }),
        ..evidence(EndFacts::Exited(0), "", 1)
    };
    assert!(shown(&hung).ends_with("; system.terminal says: Kernel panic - not syncing: no init"));
}

#[test]
fn an_end_without_stats_is_not_ok() {
    let none = |text: &str, change: fn(&mut Evidence)| {
        let mut evidence = evidence(EndFacts::Exited(0), text, 0);
        change(&mut evidence);
        shown(&evidence)
    };
    let nothing = "no-stats: exit code 0, but nothing was simulated";
    let made = "Global frequency set at 1000000000000 ticks per second\n";
    let entered = "src/sim/simulate.cc:199: info: Entering event queue @ 0.  Starting simulation...\n";
    assert_eq!(none("", |_| {}), nothing);
    assert_eq!(none(made, |_| {}), nothing, "objects were made and never run");
    assert_eq!(none(made, |e| e.stats.stats_txt = false), "ok: exit code 0", "its stats are elsewhere");
    assert_eq!(none("", |e| e.simulates = false), "ok: exit code 0");
    assert_eq!(none(entered, |_| {}), "no-stats: exit code 0, but stats.txt holds no dump");
    assert_eq!(none(DONE, |_| {}), "ok: exiting with last active thread context @ tick 5");
    assert!(none(DONE, |e| e.stats.open_block = true).contains("cut off"));
    let lost = none(entered, |e| (e.stats.dumps, e.stats.without_dumps) = (2, vec!["l1-32KiB".to_owned()]));
    assert_eq!(lost, "no-stats: exit code 0, but no stats of l1-32KiB");
}

#[test]
fn without_a_wait_status_failures_are_believed_and_success_is_not() {
    let told = |text: &str| {
        let outcome = derive_from_log(&Evidence { end: None, ..evidence(EndFacts::Exited(0), text, 1) });
        format!("{}: {}", outcome.kind.word(), outcome.line())
    };
    assert_eq!(told("src/x.cc:1: fatal: bad\n"), "fatal: bad; the exit status is not known (src/x.cc:1)");
    assert!(told("panic: bad\nProgram aborted at tick 9\n").starts_with("panic: bad; "));
    assert!(told("Program aborted at tick 9\n").starts_with("abort: "));
    assert!(told("gem5 has encountered a segmentation fault!\n").starts_with("segv: "));
    assert!(told("ValueError: x\n\nAt:\n  /x.py(1): f\n").starts_with("python-error: "));
    let done = "lost: the exit status is not known: its last word is \"exiting with last active thread context\", stats \
                kept (dump 1) @ tick 5";
    assert_eq!(told(DONE), done);
    assert_eq!(told(&format!("fatal: said by the guest\n{DONE}")), done);
    let guest = "guest-failed: Kernel panic in simulated system.; the exit status is not known @ tick 5";
    assert_eq!(told("Exiting @ tick 5 because Kernel panic in simulated system.\n"), guest);
    assert_eq!(told(""), "lost: the exit status is not known: stats kept (dump 1)");
}
