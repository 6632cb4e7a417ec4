//! The Python side of suites alone: scripts run by `assets/spawn/suite.py` under a small engine that is Python as well.
//!
//! `tests/suite_python/cases.py` holds what is promised, a function each; here each is tried on plain Python and on the
//! stand-in gem5. The engine of the cases has its own patience and ends what it has started.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gem5_tui::spawn::call::ONE_LINER;

fn cases(arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite_python/cases.py");
    // The sources are no place to leave compiled files in.
    Command::new("python3").arg(program).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap()
}

fn standin() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin")
}

fn holds(case: &str) {
    for interpreter in ["python3", standin().to_str().unwrap()] {
        let output = cases(&[case, interpreter, ONE_LINER]);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{case} on {interpreter}:\n{said}");
    }
}

macro_rules! promises {
    ($($case:ident,)*) => {
        const PROMISES: &[&str] = &[$(stringify!($case)),*];
        $(
            #[test]
            fn $case() {
                holds(stringify!($case));
            }
        )*
    };
}

promises! {
    twelve_calls_run_at_most_four_at_once,
    chunks_never_share_a_gem5,
    values_come_back_as_themselves,
    an_exception_comes_back_as_itself_with_its_traceback,
    a_killed_child_is_an_error_and_no_hang,
    retries_happen_before_the_script_hears_of_it,
    equal_calls_have_equal_keys_in_every_interpreter,
    the_files_of_a_call_are_the_scripts_own_modules,
    arguments_are_shown_as_parameters,
    what_cannot_work_is_refused_with_advice,
    only_the_script_itself_starts_anything,
    iterators_keep_their_order,
    results_and_callbacks,
    processes_have_their_verbs,
    an_end_that_nobody_looks_at_fails_the_suite,
    the_end_of_the_script_ends_daemons_and_waits_for_the_others,
    a_script_that_fails_leaves_what_runs_alone,
    an_interrupt_ends_the_suite_at_once,
    the_script_finds_what_it_finds_when_gem5_runs_it,
    the_same_script_runs_without_any_engine,
    debug_flags_are_allowed,
    no_bell_is_needed,
    a_moved_directory_is_followed,
    a_removed_directory_is_an_error_and_no_hang,
    many_threads_may_ask_at_once,
    hundreds_of_calls_are_answered_from_before,
    a_suite_that_waits_costs_nothing,
}

#[test]
fn every_case_is_tried() {
    let output = cases(&["--list"]);
    let mut written = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let mut tried = PROMISES.to_vec();
    written.sort_unstable();
    tried.sort_unstable();
    assert_eq!(written, tried);
}
