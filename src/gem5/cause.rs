//! What the exit causes of gem5 mean.

/// What an exit cause of gem5 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The workload came to its end.
    Done,
    /// A limit that was asked for.
    Limit,
    /// The guest failed.
    Failure,
    /// SIGINT.
    Interrupt,
    /// A step on the way, such as a checkpoint: the script chose to end there.
    Step,
    /// What is to be simulated begins: a script that ends there has simulated nothing of it.
    Begin,
    /// Any other: causes are an open set.
    Other,
}

/// The largest tick that a script can ask for: `MaxTick` up to gem5 20 and the argument that is none (`src/base/types.hh`,
/// `src/sim/simulate.cc`). Later releases count up to 2^64 - 1.
const MAX_TICK: u64 = i64::MAX as u64;

/// Whether a simulation that came to this tick ran until nothing was left to happen: nobody simulates for so long, which is
/// 106 days at a tick of a picosecond, and a script that names no limit names this one.
pub(super) fn is_max_tick(tick: f64) -> bool {
    // 2^63 - 1 has no `f64` of its own; stats round it to 2^63.
    tick >= MAX_TICK as f64
}

/// Whether the cause is that of a limit of ticks, which is also what an empty event queue ends with (`src/sim/simulate.cc`).
pub(super) fn is_tick_limit(cause: &str) -> bool {
    cause.starts_with("simulate() limit reached")
}

/// Whether the code of an exit event with this cause is the one that the simulated program ended with
/// (`src/sim/syscall_emul.cc`, `src/sim/pseudo_inst.cc`, `src/arch/generic/semihosting.cc`, `src/dev/lupio/lupio_sys.cc`).
pub(super) fn tells_code_of_guest(cause: &str) -> bool {
    const PHRASES: [&str; 5] =
        ["exiting with last active thread context", "target called exit()", "m5_fail", "semi:", "LUPIO_SYS_"];
    PHRASES.iter().any(|phrase| cause.starts_with(phrase))
}

/// What the phrases of `exitSimLoop` calls in gem5 20.0 to 25.1 mean, each with its source below `src/`. A cause begins or ends with
/// its phrase, and the first row that fits counts.
const CAUSES: [(&str, Cause); 52] = [
    // sim/simulate.cc
    ("user interrupt received", Cause::Interrupt),
    ("simulate() limit reached", Cause::Limit),
    // sim/syscall_emul.cc; the second before gem5 was called so
    ("exiting with last active thread context", Cause::Done),
    ("target called exit()", Cause::Done),
    // sim/pseudo_inst.cc
    ("m5_exit instruction encountered", Cause::Done),
    ("m5_fail instruction encountered", Cause::Failure),
    ("checkpoint", Cause::Step),
    ("switchcpu", Cause::Begin),
    ("workbegin", Cause::Begin),
    ("workend", Cause::Step),
    ("work started count reach", Cause::Limit),
    ("work started on specific cpu", Cause::Limit),
    ("work items exit count reached", Cause::Limit),
    // python/m5/simulate.py
    ("Tick exit reached", Cause::Limit),
    // cpu/base.cc, cpu/simple_thread.cc
    ("a thread reached the max instruction count", Cause::Limit),
    ("all threads reached the max instruction count", Cause::Limit),
    ("a thread reached the max load count", Cause::Limit),
    ("all threads reached the max load count", Cause::Limit),
    // mem/cache/base.hh
    ("A cache reached the maximum miss count", Cause::Limit),
    // cpu/probes/pc_count_tracker_manager.cc
    ("simpoint starting point found", Cause::Step),
    // cpu/trace/trace_cpu.cc; the first up to 21.0
    ("end of all traces reached", Cause::Done),
    ("End of trace reached", Cause::Done),
    // cpu/testers: memtest, rubytest, directedtest, garnet_synthetic_traffic, gpu_ruby_test, traffic_gen, spatter_gen
    ("maximum number of loads reached", Cause::Done),
    ("Ruby Tester completed", Cause::Done),
    ("Ruby DirectedTester completed", Cause::Done),
    ("Network Tester completed simCycles", Cause::Done),
    ("GPU Ruby Tester: Passed!", Cause::Done),
    ("GPU Ruby Tester: Failed", Cause::Failure),
    ("has encountered the exit state and will terminate the simulation", Cause::Done),
    ("is finished updating the memory", Cause::Done),
    ("received all expected responses", Cause::Done),
    // gpu-compute: compute_unit.cc, shader.cc, gpu_command_processor.cc
    ("max vALU insts", Cause::Limit),
    ("GPU Kernel Completed", Cause::Step),
    ("GPU Blit Kernel Completed", Cause::Step),
    ("Skipping GPU Kernel", Cause::Step),
    // kern/linux/events.cc, arch/arm/linux/fs_workload.cc
    ("Kernel panic in", Cause::Failure),
    ("Kernel oops in", Cause::Failure),
    // arch/generic/semihosting.cc
    ("semi:ADP_Stopped_ApplicationExit", Cause::Done),
    ("semi:", Cause::Failure),
    // arch/arm/tracers/tarmac_parser.cc, arch/arm/pmu.cc
    ("a mismatch with the TARMAC trace", Cause::Failure),
    ("performance counter ", Cause::Step),
    // dev: serial/simple.cc, arm/pl011.cc, lupio/lupio_sys.cc, net/tcp_iface.cc, net/dist_iface.cc
    ("UART received EOT", Cause::Done),
    ("LUPIO_SYS_", Cause::Failure),
    ("Message server closed connection", Cause::Failure),
    ("connection to gem5 peer got closed", Cause::Failure),
    ("exit request from gem5 peers", Cause::Step),
    // sim/drain.cc, mem/ruby/system/CacheRecorder.cc
    ("Finished drain", Cause::Step),
    ("Finished Drain", Cause::Step),
    ("Finished Warmup", Cause::Step),
    // systemc/core/scheduler.cc
    ("systemc stop", Cause::Done),
    ("systemc pause", Cause::Step),
    // sim/simulate.cc, 25.0 and later
    ("Handling external signal!", Cause::Step),
];

/// What a cause means.
pub(super) fn class_of(cause: &str) -> Cause {
    // Some scripts end their sentence, or quote the cause.
    let cause = cause.trim_end_matches('.').trim_matches(['\'', '"', '`']);
    let exact = CAUSES.iter().find(|(phrase, _)| cause.starts_with(phrase) || cause.ends_with(phrase));
    let row =
        exact.or_else(|| CAUSES.iter().find(|(phrase, means)| is_telling(phrase, *means) && cause.contains(phrase)));
    row.map_or(Cause::Other, |(_, meaning)| *meaning)
}

/// The phrases that are a cause wherever they stand: nobody else writes them, and they tell an end. `checkpoint` anybody writes.
pub(super) fn telling_phrases() -> impl Iterator<Item = &'static str> {
    CAUSES.iter().filter(|(phrase, means)| is_telling(phrase, *means)).map(|(phrase, _)| *phrase)
}

fn is_telling(phrase: &str, means: Cause) -> bool {
    const SHORTEST: usize = 15;
    !matches!(means, Cause::Step | Cause::Begin) && phrase.len() >= SHORTEST && phrase.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_causes_of_every_release_have_their_meaning() {
        let causes = [
            ("exiting with last active thread context", Cause::Done),
            ("exiting with last active thread context.", Cause::Done),
            ("system.tgen has encountered the exit state and will terminate the simulation.", Cause::Done),
            ("end of all traces reached.", Cause::Done),
            ("simulate() limit reached", Cause::Limit),
            ("a thread reached the max instruction count", Cause::Limit),
            ("m5_fail instruction encountered", Cause::Failure),
            ("Kernel panic in simulated kernel", Cause::Failure),
            ("semi:ADP_Stopped_RunTimeErrorUnknown", Cause::Failure),
            ("semi:ADP_Stopped_ApplicationExit", Cause::Done),
            ("user interrupt received", Cause::Interrupt),
            ("checkpoint", Cause::Step),
            ("workend", Cause::Step),
            ("switchcpu", Cause::Begin),
            ("'m5_fail instruction encountered'", Cause::Failure),
            ("it was: m5_fail instruction encountered, alas", Cause::Failure),
            ("a checkpoint of mine", Cause::Other),
            ("Hello world! Goodbye, cruel world!", Cause::Other),
        ];
        for (cause, means) in causes {
            assert_eq!(class_of(cause), means, "{cause}");
        }
    }

    #[test]
    fn the_end_of_time_is_told_in_each_of_its_roundings() {
        for tick in [i64::MAX as f64, u64::MAX as f64, 9_223_372_036_854_775_808.0, 18_446_744_073_709_551_616.0] {
            assert!(is_max_tick(tick), "{tick}");
        }
        assert!(!is_max_tick(1e18) && !is_max_tick(f64::NAN));
    }
}
