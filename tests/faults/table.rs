//! The table in `README.md` speaks of every fault, and of tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every function in the sources below `folder` whose name begins as those of a fault do.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| line.strip_prefix("fn f")?.split_once("()"));
            let is_numbered = |name: &&str| name.len() > 2 && name.as_bytes()[..2].iter().all(u8::is_ascii_digit);
            found.extend(names.map(|(name, _)| name).filter(is_numbered).map(|name| format!("f{name}")));
        }
    }
}

#[test]
fn every_fault_has_a_promise_and_tests_that_exist() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = BTreeSet::new();
    for folder in ["faults", "engine_state", "inject"] {
        tests_below(&tests.join(folder), &mut found);
    }
    let table = fs::read_to_string(tests.join("faults/README.md")).unwrap();
    let mut known = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| F")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, number, fault, promise, test, _, _] = cells.as_slice() else { panic!("{row}") };
        let number: u32 = number[1..].parse().unwrap_or_else(|_| panic!("{row}"));
        assert!(!fault.is_empty() && !promise.is_empty() && known.insert(number), "{row}");
        let test = test.trim_matches('`');
        assert!(test.starts_with(&format!("f{number:02}_")) && found.contains(test), "{test} does not exist");
    }
    assert!((1..=58).all(|number| known.contains(&number)), "a row is gone: {known:?}");
    let has_row = |name: &&String| name[1..3].parse().is_ok_and(|number| known.contains(&number));
    assert_eq!(found.iter().filter(|name| !has_row(name)).count(), 0, "tests of faults that there are not: {found:?}");
}
