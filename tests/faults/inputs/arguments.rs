//! F52: arguments reach gem5 as they are written, byte for byte.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::{CallResult, ResultRecord};
use serde_json::json;

use crate::stage::{Running, Stage};

/// What a shell, a terminal or an option parser would take for something else.
const ARGUMENTS: [&str; 30] = [
    "with space",
    "  two  ",
    "it's",
    "\"quoted\"",
    "'single'",
    "$(touch ran)",
    "`touch ran`",
    "${HOME}",
    "$HOME",
    ";touch ran",
    "&& touch ran",
    "| cat",
    "> ran",
    "*",
    "~",
    "?",
    "[a-z]",
    "{a,b}",
    "-n",
    "--",
    "--outdir=/elsewhere",
    "-rf",
    "",
    "a\\b",
    "#no",
    "é€🦀\u{202e}",
    "!x",
    "line\nbreak\ttab\r",
    "\u{1b}[31m\u{7}",
    "%s%n",
];

/// The arguments as an item of YAML each. A dollar sign begins a placeholder, so it is written twice.
fn yaml(arguments: &[&str]) -> String {
    serde_json::to_string(arguments).unwrap().replace('$', "$$")
}

#[test]
fn f52_arguments_reach_gem5_byte_for_byte() {
    let stage = Stage::new();
    // The kernel tells what it was started with.
    let gem5 = stage.write("gem5.opt", "#!/bin/sh\ncat /proc/$$/cmdline\n");
    fs::set_permissions(&gem5, fs::Permissions::from_mode(0o755)).unwrap();
    let long = "x".repeat(100_000);
    let arguments: Vec<&str> = ARGUMENTS.iter().copied().chain([long.as_str()]).collect();
    let simulation =
        format!("{{name: a, script: gate.py, gem5_args: ['--debug-file=a b;c'], args: {}}}", yaml(&arguments));
    stage.write("exp.yaml", &format!("gem5: ./gem5.opt\noutdir: out\nsimulations:\n  - {simulation}\n"));
    // It writes no stats, so it is no success, which is not asked here.
    stage.call("run exp.yaml").expect(1);
    let seen = fs::read(stage.attempt("a", 1).simout()).unwrap();
    let script = stage.path("gate.py");
    let mut expected = vec!["--debug-file=a b;c", script.to_str().unwrap()];
    expected.extend(arguments);
    let expected: Vec<u8> = expected.iter().flat_map(|word| word.bytes().chain([0])).collect();
    assert!(seen.ends_with(&expected), "{}", String::from_utf8_lossy(&seen));
    assert_eq!(fs::read_dir(stage.path("")).unwrap().flatten().filter(|entry| entry.file_name() == "ran").count(), 0);
}

#[test]
fn f52_arguments_of_a_function_and_values_of_variables_are_as_they_were_written() {
    let stage = Stage::new();
    stage.write("mirror.py", "import os\ndef mirror(*args, **kwargs):\n    return [args, kwargs, os.environ['X']]\n");
    let values = yaml(&ARGUMENTS);
    stage.experiment(
        "",
        &format!(
            "  - {{name: a, target: 'mirror:mirror', args: [{values}], kwargs: {{k: {values}}}, env: {{X: {}}}}}",
            yaml(&["a 'b' \"c\" $HOME ; $(touch ran) \\ é\n"]).trim_matches(['[', ']'])
        ),
    );
    stage.call("run exp.yaml").expect(0);
    let result: ResultRecord = read_json(&stage.attempt("a", 1).result()).unwrap().unwrap();
    let expected = json!([[ARGUMENTS], {"k": ARGUMENTS}, "a 'b' \"c\" $HOME ; $(touch ran) \\ é\n"]);
    assert_eq!(result.result, CallResult::returned(expected));
    assert!(!stage.path("ran").exists());
}

#[test]
fn f52_a_printed_command_can_be_copied_into_a_shell() {
    let stage = Stage::new();
    fs::create_dir(stage.path("a dir")).unwrap();
    stage.write(
        "argv.py",
        "import json, os, sys\nprint(json.dumps([sys.argv[1:], os.environ.get('WITH'), os.getcwd()]))\n",
    );
    stage.experiment(
        "",
        &format!(
            "  - {{name: a, script: argv.py, args: {}, env: {{WITH: \"a 'b' $HOME\", HOME: null}}, cwd: 'a dir'}}\n",
            yaml(&ARGUMENTS)
        ),
    );
    let said = stage.call("plan exp.yaml").expect(0);
    assert!(!stage.path("out").exists(), "a plan writes nothing");
    let line = said.out.lines().find(|line| line.contains("argv.py") && !line.starts_with('#')).unwrap();
    // `$'…'` is for bash and later shells of POSIX.
    let mut shell = Command::new("bash");
    stage.surround(&mut shell);
    shell.args(["-c", line]);
    let by_hand = Running::start(shell).finish().expect(0);
    let got: serde_json::Value = serde_json::from_str(&by_hand.out).unwrap();
    let told = &stage.call("plan exp.yaml --json").expect(0).json()[0];
    let planned: Vec<&str> = told["argv"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    assert_eq!(got[0], json!(planned[planned.len() - ARGUMENTS.len()..]));
    assert_eq!(got[0], json!(ARGUMENTS));
    assert_eq!(got[1], "a 'b' $HOME");
    assert!(got[2].as_str().unwrap().ends_with("a dir"));
    assert!(!stage.path("ran").exists() && !stage.path("a dir/ran").exists(), "something was executed");
    // And the engine passes on the very same.
    stage.call("run exp.yaml").expect(0);
    assert_eq!(fs::read_to_string(stage.attempt("a", 1).simout()).unwrap(), by_hand.out);
}
