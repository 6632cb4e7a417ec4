//! F74: bytes that are no text.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::stage::{Running, Stage, wait_for};

/// Experiment `a` with `arg` among its arguments, as bytes.
fn experiment(stage: &Stage, arg: &[u8]) {
    stage.experiment("", "  - {name: a, script: gate.py, args: [a, 'HERE']}\n");
    let text = fs::read(stage.path("exp.yaml")).unwrap();
    let at = text.windows(4).position(|window| window == b"HERE").unwrap();
    fs::write(stage.path("exp.yaml"), [&text[..at], arg, &text[at + 4..]].concat()).unwrap();
}

#[test]
fn f74_bytes_that_are_no_text_are_refused_with_their_place_and_start_nothing() {
    let stage = Stage::new();
    for arg in [b"caf\xe9".as_slice(), b"caf\xff", b"caf\xc3", b"caf\x80x", b"caf\xed\xa0\x80", b"caf\xf5"] {
        experiment(&stage, arg);
        for verb in ["run exp.yaml", "plan exp.yaml", "engine exp.yaml"] {
            let said = stage.call(verb);
            assert!(said.err.contains("exp.yaml:8:46") && said.err.contains("iconv -f"), "{verb}: {}", said.err);
        }
        assert!(!stage.path("out").exists());
    }
    experiment(&stage, b"x");
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    let words = |mark: &[u8], order: fn(u16) -> [u8; 2]| {
        let units: Vec<u8> = text.encode_utf16().flat_map(order).collect();
        [mark, &units].concat()
    };
    for (bytes, encoding) in [
        (words(b"\xff\xfe", u16::to_le_bytes), "UTF-16 "),
        (words(b"", u16::to_le_bytes), "UTF-16LE "),
        (words(b"", u16::to_be_bytes), "UTF-16BE "),
    ] {
        fs::write(stage.path("exp.yaml"), bytes).unwrap();
        let said = stage.call("run exp.yaml").expect(2);
        assert!(
            said.err.contains("exp.yaml:1:1") && said.err.contains(&format!("iconv -f {encoding}")),
            "{}",
            said.err
        );
    }
}

#[test]
fn f74_a_look_at_what_runs_needs_no_file_that_can_be_read() {
    let stage = Stage::new();
    experiment(&stage, b"x");
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    experiment(&stage, b"caf\xe9");
    let status = stage.call("status exp.yaml --outdir out").expect(0);
    assert!(status.out.contains("running"), "{}", status.out);
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
}

#[test]
fn f74_paths_of_the_command_line_that_are_no_text_are_refused() {
    let stage = Stage::new();
    experiment(&stage, b"x");
    for (option, bytes) in
        [("--gem5", b"./b\xff/gem5.opt".as_slice()), ("--gem5", b"gem\xff"), ("--outdir", b"out\xff")]
    {
        let mut command = stage.command("run exp.yaml");
        command.arg(option).arg(OsStr::from_bytes(bytes));
        let said = Running::start(command).finish().expect(2);
        assert!(said.err.contains("is not UTF-8"), "{}", said.err);
    }
    assert!(!stage.path("out").exists());
}

#[test]
fn f74_variables_around_it_reach_a_simulation_byte_for_byte() {
    let stage = Stage::new();
    let script =
        "import os, sys\nopen('new', 'wb').write(os.environb[b'ODD'])\nos.rename('new', 'seen')\nsys.exit(1)\n";
    stage.write("odd.py", script);
    stage.experiment("", "  - {name: a, script: odd.py}\n");
    let mut command = stage.command("run exp.yaml");
    command.env("ODD", OsStr::from_bytes(b"caf\xe9 \xff"));
    Running::start(command).finish().expect(1);
    let seen = wait_for("the variable", || fs::read(stage.path("seen")).ok());
    assert_eq!(seen, b"caf\xe9 \xff");
}
