//! A script in place of an experiment file: it is what it imports, and its arguments stand behind `--`.

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::Spec;
use serde_json::Value;

use crate::stage::Stage;

/// Says what it was given.
const PLAIN: &str = "import sys\n# from gem5.utils.multiprocessing import Pool\nprint(sys.argv[1:])\n";

const SUITE: &str = "'''import nothing'''\nfrom gem5.utils import (\n    multiprocessing as mp,\n)\n";

/// What `plan --json` says of the only row, and standard error.
fn planned(stage: &Stage, script: &str, more: &str) -> (Value, String) {
    let said = stage.call(&format!("plan {script} --gem5 python3 --json {more}")).expect(0);
    let mut rows = said.json();
    assert_eq!(rows.len(), 1, "{rows:?}");
    (rows.remove(0), said.err)
}

fn behind_script(row: &Value) -> Vec<&str> {
    let words: Vec<&str> = row["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let script =
        words.iter().rposition(|word| std::path::Path::new(word).extension().is_some_and(|end| end == "py")).unwrap();
    words[script + 1..].to_vec()
}

#[test]
fn a_script_is_what_it_imports_and_one_line_says_why() {
    let stage = Stage::new();
    stage.write("t$st.py", SUITE);
    stage.write("plain.py", PLAIN);
    let (suite, why) = planned(&stage, "t$st.py", "-- --n=$x ${y} -h 007");
    assert_eq!((&suite["kind"], &suite["name"]), (&"suite".into(), &"t-st".into()));
    assert_eq!(behind_script(&suite), ["--n=$x", "${y}", "-h", "007"]);
    assert_eq!(suite["spawns"]["on_suite_end"], "go-on");
    assert!(why.lines().count() == 1 && why.contains("t$st.py imports gem5.utils.multiprocessing (line 2)"), "{why}");
    let (plain, why) = planned(&stage, "plain.py", "");
    assert_eq!((&plain["kind"], &plain["name"]), (&"simulation".into(), &"plain".into()));
    assert_eq!(behind_script(&plain), [""; 0]);
    assert!(why.lines().count() == 1 && why.starts_with("plain.py imports neither"), "{why}");
    assert!(!stage.path("runs").exists());
}

#[test]
fn arguments_that_nobody_takes_are_refused() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.write("many.py", "from gem5.utils import multisim\n");
    for (line, word) in [("many.py --gem5 python3", "MultiSim"), ("exp.yaml", "`args`")] {
        let told = stage.call(&format!("run {line} -- --n 3")).expect(2).err;
        assert!(told.contains("no arguments behind `--`") && told.contains(word), "{told}");
    }
    assert!(!stage.path("runs").exists() && !stage.path("out").exists());
}

#[test]
fn a_suite_that_asks_for_pythons_name_of_the_main_script_is_warned_of() {
    let stage = Stage::new();
    for (name, is_warned) in [("'__main__'", true), ("'__m5_main__'", false)] {
        stage.write(
            "test.py",
            &format!("from gem5.utils.multiprocessing import Pool\nif __name__ == {name}:\n    Pool()\n"),
        );
        let told = stage.call("plan test.py --gem5 python3").expect(0).err;
        assert_eq!(told.contains("warning: line 2 "), is_warned, "{told}");
    }
}

#[test]
fn what_a_script_was_given_is_known_once_it_has_run() {
    let stage = Stage::new();
    stage.write("plain.py", PLAIN);
    let ran = stage.call("run plain.py --gem5 python3 -- --n 3").expect(0);
    assert_eq!(ran.err.lines().count(), 1, "{ran:#?}");
    let spec: Spec = read_json(&stage.path("runs/plain/plain/attempt-1/spec.json")).unwrap().unwrap();
    assert_eq!(spec.argv[spec.argv.len() - 2..], ["--n", "3"]);
    // Neither its gem5 nor its arguments are named again.
    let said = stage.call("status plain.py --json").expect(0);
    assert!(said.err.is_empty(), "{said:#?}");
    let sim = &said.json()[0];
    assert_eq!((&sim["word"], &sim["changed"]), (&"ok".into(), &Value::Array(Vec::new())), "{sim}");
    assert_eq!(stage.call("logs plain.py plain").expect(0).out.trim(), "['--n', '3']");
    // With others it is another one, and what is ok is kept until somebody asks.
    let (plain, _) = planned(&stage, "plain.py", "-- --n 4");
    assert_eq!((&plain["would"], &plain["changed"][0]), (&"keep".into(), &"arguments changed".into()));
}

#[test]
fn a_suite_and_a_multisim_script_stand_in_one_file() {
    let stage = Stage::new();
    stage.write("test.py", SUITE);
    stage.write(
        "many.py",
        "import sys, m5\nif m5 is None:\n    from gem5.utils import multisim\nif sys.argv[1:] == ['--list']:\n    print('small\\nbig')\n",
    );
    stage.stand_in("  - {suite: test.py, spawned: {memory: 1GiB, watch: [simInsts]}}\n  - multisim: many.py\n");
    let rows = stage.call("plan exp.yaml --json").expect(0).json();
    let told: Vec<(&Value, &Value)> = rows.iter().map(|row| (&row["name"], &row["kind"])).collect();
    assert_eq!(
        told,
        [
            (&"test".into(), &"suite".into()),
            (&"small".into(), &"simulation".into()),
            (&"big".into(), &"simulation".into())
        ]
    );
    assert_eq!(rows[0]["spawns"]["memory"], 1_u64 << 30);
    let text = stage.call("plan exp.yaml").expect(0).out;
    assert!(
        text.contains("# test (a suite") && text.contains("memory 1 GiB") && text.contains("watch simInsts"),
        "{text}"
    );
}
