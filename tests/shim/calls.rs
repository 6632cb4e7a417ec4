//! Function calls through the shim.

use std::fs;

use gem5_tui::rundir::record::{CallResult, End};
use gem5_tui::spawn::identity::{self, Alive};
use gem5_tui::spawn::tree;
use nix::sys::signal::Signal;
use serde_json::json;

use crate::held::{Held, wait_until};

#[test]
fn a_called_function_returns_a_value() {
    let held =
        Held::call("calls", "echo", &[json!({"ticks": 18_446_744_073_709_551_615_u64, "ipc": 0.5, "ü": null})]).start();
    let value = json!({"args": [{"ticks": 18_446_744_073_709_551_615_u64, "ipc": 0.5, "ü": null}], "kwargs": {}});
    assert_eq!(held.result(), CallResult::returned(value));
    assert_eq!(held.end(), End::Exited { code: 0 });
}

#[test]
fn arguments_and_results_larger_than_a_pipe_pass() {
    let large = "x".repeat(300_000);
    let held = Held::call("calls", "echo", &[json!(large)]).start();
    assert_eq!(held.result(), CallResult::returned(json!({"args": [large], "kwargs": {}})));
}

#[test]
fn a_result_that_is_too_large_says_so() {
    let held = Held::call("calls", "large", &[json!(9_000_000)]).start();
    let CallResult::Raised { message, .. } = held.result() else { panic!("{:?}", held.result()) };
    assert!(message.contains("write large results to a file"), "{message}");
}

#[test]
fn an_exception_comes_back_with_its_traceback() {
    let held = Held::call("calls", "fail", &[json!("no such cache")]).start();
    let CallResult::Raised { exception, message, traceback, .. } = held.result() else { panic!("{:?}", held.result()) };
    assert_eq!((exception.as_str(), message.as_str()), ("ValueError", "no such cache"));
    assert!(traceback.contains("in fail") && traceback.contains("calls.py"), "{traceback}");
    assert_eq!(held.end(), End::Exited { code: 1 });
    assert!(fs::read_to_string(held.attempt.simerr()).unwrap().contains("ValueError: no such cache"));
}

#[test]
fn what_json_cannot_carry_is_an_error_that_says_so() {
    for function in ["returns_a_set", "returns_nan", "returns_a_surrogate", "returns_a_loop"] {
        let held = Held::call("calls", function, &[]).start();
        let CallResult::Raised { message, .. } = held.result() else { panic!("{function}: {:?}", held.result()) };
        assert!(message.starts_with("the returned value cannot travel as JSON: "), "{function}: {message}");
        assert_eq!(held.end(), End::Exited { code: 1 }, "{function}");
    }
}

#[test]
fn a_missing_module_or_function_is_an_exception() {
    for (module, function, wanted) in
        [("no_such_module", "f", "ModuleNotFoundError"), ("calls", "no_such_function", "AttributeError")]
    {
        let held = Held::call(module, function, &[]).start();
        let CallResult::Raised { exception, .. } = held.result() else { panic!("{:?}", held.result()) };
        assert_eq!(exception, wanted);
    }
}

#[test]
fn a_child_that_never_stops_writing_is_stopped_by_the_kernel() {
    let held = Held::call("calls", "write_without_end", &[]).start();
    let CallResult::None { reason } = held.result() else { panic!("{:?}", held.result()) };
    assert!(reason.contains("in the middle of its result (exit code 9)"), "{reason}");
}

#[test]
fn a_function_that_leaves_by_sys_exit_keeps_its_code() {
    let held = Held::call("calls", "leave", &[json!(3)]).start();
    let CallResult::Raised { exception, .. } = held.result() else { panic!("{:?}", held.result()) };
    assert_eq!(exception, "SystemExit");
    assert_eq!(held.end(), End::Exited { code: 3 });
}

#[test]
fn a_function_of_the_main_module_is_refused_with_advice() {
    for module in ["__main__", "__m5_main__"] {
        let held = Held::call(module, "run_sim", &[]).start();
        let End::NotStarted { reason, .. } = held.end() else { panic!("started") };
        assert!(reason.contains("put the function into a module of its own"), "{reason}");
        assert!(matches!(held.result(), CallResult::None { .. }));
    }
}

#[test]
fn a_function_killed_halfway_has_no_result_and_nobody_hangs() {
    let held = Held::call("calls", "die_halfway", &[]).start();
    let CallResult::None { reason } = held.result() else { panic!("{:?}", held.result()) };
    assert!(reason.contains("before it sent a result (SIGKILL)"), "{reason}");
}

#[test]
fn half_a_result_is_no_result() {
    let held = Held::call("calls", "send_half", &[]).start();
    let CallResult::None { reason } = held.result() else { panic!("{:?}", held.result()) };
    assert!(reason.contains("in the middle of its result (exit code 0)"), "{reason}");
}

#[test]
fn a_grandchild_that_keeps_the_descriptors_open_delays_only_the_end() {
    let held = Held::call("calls", "leave_a_holder", &[]).start();
    held.wait_for_output("holding");
    let started = held.started();
    wait_until("the end of the main process", || (identity::is_alive(&started.gem5) == Alive::No).then_some(()));
    let holder = wait_until("the holder", || tree::members(&started.shim).unwrap().pop());
    identity::send(&holder, Signal::SIGKILL).unwrap();
    let CallResult::None { reason } = held.result() else { panic!("{:?}", held.result()) };
    assert!(reason.contains("SIGKILL"), "{reason}");
}

#[test]
fn a_called_child_has_the_place_for_its_result_and_nothing_else() {
    let held = Held::call("calls", "open_descriptors", &[]).start();
    // Descriptor 3 has been read to its end and closed by then.
    assert_eq!(held.result(), CallResult::returned(json!(["0", "1", "2", "4"])));
}
