//! F61: `engine.lock` is taken away from an engine that lives.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::stage::{Stage, wait_for};

/// Notes when it begins and ends; in between it looks how many others do, and whether one of its name is there.
const COUNTS: &str = r#"import fcntl, sys
here = os.path.dirname(os.path.abspath(__file__))
def note(what):
    with open(os.path.join(here, "notes"), "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("%s %s %d\n" % (what, sys.argv[1], os.getpid()))
note("begins")
time.sleep(0.1)
note("ends")
"#;

/// A line of the notes: what, who.
fn notes(stage: &Stage) -> Vec<(String, String)> {
    let text = fs::read_to_string(stage.path("notes")).unwrap_or_default();
    let words = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        words.next().zip(words.next())
    };
    text.lines().filter_map(words).collect()
}

/// How something is done to the lock file.
type Deed<'a> = &'a dyn Fn(&Path);

#[test]
fn f61_a_lock_file_that_is_taken_away_lets_nothing_begin_twice_or_above_the_cap() {
    let deeds: [(&str, Deed<'_>); 4] = [
        ("removed", &|lock| fs::remove_file(lock).unwrap()),
        ("moved away", &|lock| fs::rename(lock, lock.with_extension("old")).unwrap()),
        ("replaced by a copy", &|lock| {
            fs::copy(lock, lock.with_extension("copy")).unwrap();
            fs::rename(lock.with_extension("copy"), lock).unwrap();
        }),
        ("replaced by an empty file", &|lock| {
            fs::write(lock.with_extension("empty"), "").unwrap();
            fs::rename(lock.with_extension("empty"), lock).unwrap();
        }),
    ];
    for (what, deed) in deeds {
        let stage = Stage::new();
        stage.script("counts.py", COUNTS);
        let names: Vec<String> = (0..24).map(|number| format!("s{number}")).collect();
        let simulation = |name: &String| format!("  - {{name: {name}, script: counts.py, args: [{name}]}}\n");
        stage.experiment("concurrency: 2", &names.iter().map(simulation).collect::<String>());
        let first = stage.start("run exp.yaml");
        wait_for("some to begin", || (notes(&stage).len() > 4).then_some(()));
        deed(&stage.outdir().lock());
        let second = stage.start("run exp.yaml");
        first.finish();
        second.finish().expect(0);
        let (mut running, mut most, mut begun) = (0_usize, 0, BTreeMap::new());
        for (note, name) in notes(&stage) {
            if note == "begins" {
                running += 1;
                *begun.entry(name).or_insert(0) += 1;
            } else {
                running -= 1;
            }
            most = most.max(running);
        }
        assert!(most <= 2, "{what}: {most} at once");
        assert_eq!(begun, names.into_iter().map(|name| (name, 1)).collect(), "{what}");
    }
}
