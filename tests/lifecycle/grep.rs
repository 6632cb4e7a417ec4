//! The lines of all logs of a sweep.

use std::fs;

use crate::stage::Stage;

const TALKS: &str = "import sys\nprint('config', sys.argv[2])\nprint('warn: slow', file=sys.stderr)\n\
                     print('\\x1b[31mred\\x1b[0m end')\nsys.exit(int(sys.argv[2]))\n";

fn talked() -> Stage {
    let stage = Stage::new();
    stage.write("talks.py", TALKS);
    let row = |name: &str, code: u32| {
        format!("  - {{name: {name}, script: talks.py, args: [x, '{code}'], success: {{exit_codes: 0}}}}\n")
    };
    stage.experiment("", &(row("good", 0) + &row("bad", 3)));
    stage.call("run exp.yaml").expect(1);
    stage
}

#[test]
fn grep_prints_the_lines_of_all_logs_in_the_order_of_the_plan() {
    let stage = talked();
    let found = stage.call("grep warn|config exp.yaml").expect(0);
    assert_eq!(
        found.out,
        "good/attempt-1/m5out/simout.txt:1:config 0\ngood/attempt-1/m5out/simerr.txt:1:warn: slow\n\
         bad/attempt-1/m5out/simout.txt:1:config 3\nbad/attempt-1/m5out/simerr.txt:1:warn: slow\n"
    );
    // No control sequence of a log reaches whoever reads.
    assert_eq!(stage.call("grep red exp.yaml good").expect(0).out, "good/attempt-1/m5out/simout.txt:2:red end\n");
    assert_eq!(stage.call("grep -c config.3 exp.yaml").expect(0).out, "good:0\nbad:1\n");
    assert_eq!(stage.call("grep -l config exp.yaml --failed").expect(0).out, "bad\n");
    assert_eq!(stage.call("grep -m1 . exp.yaml b*").expect(0).out.lines().count(), 1);
    let lines = stage.call("grep --json SLOW -i exp.yaml bad").expect(0).json();
    let line = &lines[0];
    assert_eq!((lines.len(), line["simulation"].as_str(), line["line"].as_u64()), (1, Some("bad"), Some(1)));
    assert_eq!((line["file"].as_str(), line["text"].as_str()), (Some("m5out/simerr.txt"), Some("warn: slow")));
}

#[test]
fn the_exit_code_of_grep_tells_a_match_from_none_and_from_what_cannot_be_told() {
    let stage = talked();
    assert_eq!(stage.call("grep nowhere exp.yaml").expect(1).out, "");
    // Literally it is in no log; as an expression it is none.
    stage.call("grep -F a[( exp.yaml").expect(1);
    assert!(stage.call("grep a[( exp.yaml").expect(2).err.contains("-F"));
    stage.call("grep warn exp.yaml nobody").expect(2);
    stage.call("grep warn missing.yaml").expect(2);
    // A log that is no file any more hides no other one.
    let simout = stage.attempt("good", 1).simout();
    fs::remove_file(&simout).unwrap();
    fs::create_dir(&simout).unwrap();
    assert_eq!(stage.call("grep -l warn exp.yaml").expect(0).out, "good\nbad\n");
}

#[test]
fn grep_searches_earlier_attempts_and_other_files_where_it_is_asked_to() {
    let stage = talked();
    stage.call("run exp.yaml").expect(1);
    assert_eq!(stage.call("grep -c warn exp.yaml bad").expect(0).out, "bad:1\n");
    assert_eq!(stage.call("grep -c warn exp.yaml bad --all-attempts").expect(0).out, "bad:2\n");
    fs::write(stage.attempt("good", 1).m5out().join("config.ini"), "size=32768\n").unwrap();
    let found = stage.call("grep size exp.yaml --file config.ini").expect(0);
    assert_eq!(found.out, "good/attempt-1/m5out/config.ini:1:size=32768\n");
    stage.call("grep size exp.yaml").expect(1);
}

#[test]
fn a_file_in_the_place_of_the_pattern_is_told_and_searched_for_nowhere() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let said = stage.call_with(&["grep", "exp.yaml", "warn"]).expect(2);
    assert!(said.err.contains("PATTERN EXPERIMENT") && said.out.is_empty(), "{said:?}");
}
