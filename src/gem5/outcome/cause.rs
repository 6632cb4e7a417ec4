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
    /// Any other, such as a checkpoint: the script chose to end there. Causes are an open set.
    Other,
}

/// The phrases are those of `exitSimLoop` calls in gem5 20.0 to 25.1.
pub(super) fn class_of(cause: &str) -> Cause {
    const DONE: [&str; 16] = [
        "exiting with last active thread context",
        "m5_exit instruction encountered",
        "target called exit()",
        "end of all traces reached.",
        "End of trace reached",
        "UART received EOT",
        "Network Tester completed simCycles",
        "maximum number of loads reached",
        "Ruby Tester completed",
        "Ruby DirectedTester completed",
        "GPU Ruby Tester: Passed!",
        "has encountered the exit state and will terminate the simulation.",
        "is finished updating the memory.",
        "received all expected responses.",
        "semi:ADP_Stopped_ApplicationExit",
        "systemc stop",
    ];
    const LIMIT: [&str; 11] = [
        "simulate() limit reached",
        "Tick exit reached",
        "a thread reached the max instruction count",
        "all threads reached the max instruction count",
        "a thread reached the max load count",
        "all threads reached the max load count",
        "A cache reached the maximum miss count",
        "max vALU insts",
        "work started count reach",
        "work started on specific cpu",
        "work items exit count reached",
    ];
    const FAILURE: [&str; 9] = [
        "m5_fail instruction encountered",
        "Kernel panic in",
        "Kernel oops in",
        "semi:",
        "a mismatch with the TARMAC trace",
        "Message server closed connection",
        "connection to gem5 peer got closed",
        "LUPIO_SYS_",
        "GPU Ruby Tester: Failed",
    ];
    let is_one_of =
        |phrases: &[&str]| phrases.iter().any(|phrase| cause.starts_with(phrase) || cause.ends_with(phrase));
    if cause.starts_with("user interrupt received") {
        Cause::Interrupt
    } else if is_one_of(&DONE) {
        Cause::Done
    } else if is_one_of(&LIMIT) {
        Cause::Limit
    } else if is_one_of(&FAILURE) {
        Cause::Failure
    } else {
        Cause::Other
    }
}
