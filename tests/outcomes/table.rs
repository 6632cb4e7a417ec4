//! One row for each way to end that a script can bring about by itself.

use crate::ended::{Expected, assert_all, ends, modes};
use crate::stage::Stage;

/// The tick at which 20,000 visits to a list of 64 KiB are over; the model is deterministic.
const END: u64 = 408_449_000;
/// The limit of the scripts that have one.
const LIMIT: u64 = 2_000_000_000;

const WELL: &[Expected] = &[
    ends("ok", "ok", "exiting with last active thread context").tick(END).dumps(1),
    ends("m5-exit", "ok", "m5_exit instruction encountered").tick(END).dumps(1),
    ends("unknown-cause", "ok", "the vector unit is content").tick(END).dumps(1),
    ends("silent", "ok", "").dumps(1),
    ends("limit", "limit", "simulate() limit reached").tick(LIMIT).dumps(1),
    ends("phases", "ok", "exiting with last active thread context").tick(END).dumps(2),
    ends("progress", "limit", "simulate() limit reached").tick(LIMIT).dumps(1),
    ends("guest-fails", "guest-failed", "code 3").tick(END).dumps(1),
    ends("m5-fail", "guest-failed", "m5_fail instruction encountered").tick(END).dumps(1),
    ends("kernel-panics", "guest-failed", "Kernel panic - not syncing: VFS").dumps(1),
    ends("kernel-panic-exits", "guest-failed", "Kernel panic in simulated system.").tick(END).dumps(1),
    ends("ran-dry", "ran-dry", "no limit was set").tick(u64::MAX).dumps(1),
    ends("no-stats", "no-stats", "nothing was simulated"),
];

const BADLY: &[Expected] = &[
    ends("fatal", "fatal", "# of sets must be non-zero and a power of 2").at("indexing_policies/base.cc:62"),
    ends("fatal-no-program", "fatal", "Failed to open file /nowhere/bfs").at("image_file_data.cc:105"),
    ends("no-memory", "fatal", "Could not mmap 8589934592 bytes").at("src/mem/physical.cc:247"),
    ends("script-fatal", "fatal", "no kernel image was given"),
    ends("panic", "panic", "Tried to read unmapped address 0x180000.").at("faults.cc:166").tick(540_799_500),
    ends("script-panic", "panic", "the checkpoint is of another machine"),
    ends("assertion", "abort", "burstsPerRowBuffer > 0").at("src/mem/dram_interface.cc:732").tick(0),
    ends("bad-alloc", "abort", "std::bad_alloc"),
    ends("exit-text", "abort", "pybind11::cast_error").tick(0),
    ends("segv", "segv", "segmentation fault"),
    ends("python-error", "python-error", "ValueError: no such workload: 'bfs-large'").at("outcomes.py:"),
    ends("python-error-after", "python-error", "KeyError: 'system.cpu.ipc'").dumps(1),
    ends("exit-3", "failed", "exit code 3"),
    ends("usage", "usage", "--workload is required"),
];

#[test]
fn exit_code_0_is_told_apart_by_what_the_guest_and_the_script_said() {
    assert_ends_as_expected(WELL);
}

#[test]
fn every_failure_has_its_word_and_names_its_cause() {
    assert_ends_as_expected(BADLY);
}

fn assert_ends_as_expected(rows: &[Expected]) {
    let stage = Stage::new();
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    stage.stand_in(&modes(&names, ""));
    stage.call("run exp.yaml --json -j 3").expect(1);
    assert_all(&stage, rows);
}

/// Messages have no place before 21.1, Python errors have Python's own traceback up to 21.1, and a text given to
/// `sys.exit` is an ordinary status 1 there.
#[test]
fn the_same_crash_is_recognised_in_every_release() {
    const CRASHES: [&str; 5] = ["fatal", "panic", "python-error-after", "exit-text", "segv"];
    for (release, rows) in RELEASES {
        let stage = Stage::new();
        stage.stand_in(&modes(&CRASHES, &format!(r#", env: {{STANDIN_VERSION: "{release}"}}"#)));
        stage.call("run exp.yaml --json -j 3").expect(1);
        println!("release {release}");
        assert_all(&stage, rows);
    }
}

const RELEASES: [(&str, &[Expected]); 3] = [
    (
        "20.1",
        &[
            ends("fatal", "fatal", "# of sets must be non-zero"),
            ends("panic", "panic", "Tried to read unmapped address").tick(540_799_500),
            ends("python-error-after", "python-error", "KeyError: 'system.cpu.ipc'").dumps(1),
            ends("exit-text", "failed", ""),
            ends("segv", "segv", "segmentation fault"),
        ],
    ),
    (
        "22.1",
        &[
            ends("fatal", "fatal", "# of sets must be non-zero").at("base.cc:62"),
            ends("panic", "panic", "Tried to read unmapped address").at("faults.cc:166").tick(540_799_500),
            ends("python-error-after", "python-error", "KeyError: 'system.cpu.ipc'").dumps(1),
            ends("exit-text", "abort", "pybind11::cast_error").tick(0),
            ends("segv", "segv", "segmentation fault"),
        ],
    ),
    (
        "25.0",
        &[
            ends("fatal", "fatal", "# of sets must be non-zero").at("base.cc:62"),
            ends("panic", "panic", "Tried to read unmapped address").at("faults.cc:166").tick(540_799_500),
            ends("python-error-after", "python-error", "KeyError: 'system.cpu.ipc'").dumps(1),
            ends("exit-text", "abort", "pybind11::cast_error").tick(0),
            ends("segv", "segv", "segmentation fault"),
        ],
    ),
];

#[test]
fn a_block_of_stats_that_a_crash_left_open_is_not_counted() {
    let stage = Stage::new();
    stage.stand_in(&modes(&["crash-in-dump"], r#", env: {STANDIN_DUMP_SECONDS: "0.4"}"#));
    stage.call("run exp.yaml --json").expect(1);
    assert_all(&stage, &[ends("crash-in-dump", "segv", "segmentation fault").dumps(1)]);
    let text = std::fs::read_to_string(stage.attempt("crash-in-dump", 1).m5out().join("stats.txt")).unwrap();
    assert_eq!(text.matches("Begin Simulation Statistics").count(), 2, "the second block was begun");
}

/// Each of the three is stopped on the last rung that it leaves us: SIGINT, SIGTERM, SIGKILL.
#[test]
fn what_a_timeout_leaves_depends_on_how_the_script_takes_a_sigint() {
    let stage = Stage::new();
    stage.stand_in(&modes(&["forever", "stubborn", "deaf"], ", timeout: 2s, grace: 1s"));
    stage.call("run exp.yaml --json -j 3").expect(1);
    assert_all(
        &stage,
        &[
            ends("forever", "timeout", "stats kept").dumps(1),
            ends("stubborn", "timeout", "ended by SIGTERM"),
            ends("deaf", "timeout", "ended by SIGKILL"),
        ],
    );
}

#[test]
fn refusals_of_gem5_itself_are_usage() {
    let stage = Stage::new();
    let script = "script: CONFIGS/outcomes.py, args: [--mode=ok]";
    stage.stand_in(&format!(
        "  - {{name: flag, {script}, gem5_args: [--debug-flags=Nonsense]}}\n  \
           - {{name: option, {script}, gem5_args: [--no-such-option]}}\n"
    ));
    stage.call("run exp.yaml --json").expect(1);
    assert_all(
        &stage,
        &[
            ends("flag", "usage", "invalid debug flag 'Nonsense'"),
            ends("option", "usage", "no such option: --no-such-option"),
        ],
    );
}

/// The script says nothing at its end, and the stats are where nobody else would look.
#[test]
fn each_id_of_a_multisim_script_is_a_simulation_with_stats_of_its_own() {
    let stage = Stage::new();
    stage.stand_in("  - {multisim: CONFIGS/multisim.py, watch: [simTicks]}\n");
    stage.call("run exp.yaml --json -j 3").expect(0);
    let names = ["l1-8KiB", "l1-16KiB", "l1-32KiB", "l1-64KiB"];
    assert_all(&stage, &names.map(|name| ends(name, "ok", "")));
    for name in names {
        let m5out = stage.attempt(name, 1).m5out();
        assert_eq!(std::fs::metadata(m5out.join("stats.txt")).unwrap().len(), 0, "gem5 leaves this one empty");
        let stats = std::fs::read_to_string(m5out.join(name).join("stats.txt")).unwrap();
        assert_eq!(stats.matches("End Simulation Statistics").count(), 1, "{name}");
    }
}

/// gem5 ends with 0 when it does not know the id, having done nothing.
#[test]
fn an_id_that_a_multisim_script_does_not_know_is_no_success() {
    let stage = Stage::new();
    stage.stand_in("  - {name: unknown, script: CONFIGS/multisim.py, args: [no-such-id]}\n");
    stage.call("run exp.yaml --json").expect(1);
    assert_all(&stage, &[ends("unknown", "no-stats", "nothing was simulated")]);
}

/// Neither would ever end by itself.
#[test]
fn a_run_that_stands_still_and_one_that_fills_the_disk_are_stopped_and_named() {
    let stage = Stage::new();
    let hang = modes(&["hang"], ", stall: 10s");
    stage.stand_in(&(hang + &modes(&["flood"], ", max_output: 1MiB")));
    stage.call("run exp.yaml --json -j 2").expect(1);
    assert_all(
        &stage,
        &[
            ends("hang", "stalled", "no tick, output or CPU time for 10 s").dumps(1),
            ends("flood", "disk", "its limit is 1 MiB").dumps(1),
        ],
    );
}
