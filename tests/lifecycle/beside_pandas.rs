//! The same sweep by gem5-tui and by a straightforward script with pandas: each number that differs is explained by a rule.
//!
//! `assets/beside-pandas.md` shows them side by side. `UPDATE_GENERATED=1` writes it anew, which takes pandas.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::stage::Stage;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/beside-pandas.md");
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lifecycle/beside_pandas");
const COLUMNS: [(&str, [&str; 4]); 2] =
    [("speedup", ["mcf", "lbm", "gcc", "geomean"]), ("late", ["mcf", "lbm", "gcc", ""])];

/// The rules, each with what it says and what the straightforward script does.
const RULES: [(&str, &str); 5] = [
    (
        "ok",
        "Only simulations that ended ok are results. The script takes whatever stands in stats.txt: `lbm` with 2 MiB and 8 ways failed \
         after a tenth of its way, and had written stats by then.",
    ),
    (
        "absent",
        "A stat that is not there is not zero. gem5 leaves out what is zero where a stat is `nozero`, and also what a machine does not \
         have; `absent: 0` in the file says which. The script fills gaps with zeros.",
    ),
    (
        "harmonic",
        "Instructions per cycle of SimPoints are weighted as cycles per instruction: each SimPoint stands for a number of instructions, \
         not of cycles. The script averages the rates by weight.",
    ),
    ("paired", "A speedup is computed for each seed, and then averaged. The script divides averages."),
    (
        "common",
        "A mean is made over the workloads that everything compared has. The script takes those that are there, so that rows of one column \
         are means of different sets.",
    ),
];

type Cells = BTreeMap<(String, String, String, String), f64>;

fn numbers(stage: &Stage) -> Cells {
    let mut cells = Cells::new();
    for (view, columns) in COLUMNS {
        let said = stage.call(&format!("results exp.yaml {view} --format csv --projected")).expect(1);
        let mut reader = csv::Reader::from_reader(said.out.as_bytes());
        let heads = reader.headers().unwrap().clone();
        let place = |name: &str| heads.iter().position(|head| head == name).unwrap();
        for row in reader.records().map(Result::unwrap) {
            for column in columns.iter().filter(|column| !column.is_empty()) {
                if let Ok(number) = row[place(column)].parse() {
                    cells.insert((view.into(), row[0].into(), row[1].into(), (*column).into()), number);
                }
            }
        }
    }
    cells
}

/// What the script tells by these rules; none where there is no pandas.
fn scripted(runs: &Path, rules: &[&str]) -> Option<Cells> {
    let python = ["python3", "/usr/bin/python3"].into_iter().find(|python| {
        Command::new(python).args(["-c", "import pandas"]).output().is_ok_and(|out| out.status.success())
    })?;
    let script = Path::new(SOURCES).join("tables.py");
    let out = Command::new(python).arg(script).arg(runs).args(rules).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let cell = |line: &str| {
        let [view, l2, assoc, column, number] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        Some((([view, l2, assoc, column].map(str::to_owned)).into(), number.parse().ok()?))
    };
    Some(text.lines().filter_map(cell).collect())
}

fn differ(a: Option<&f64>, b: Option<&f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() > 1e-9 * a.abs().max(b.abs()),
        (None, None) => false,
        _ => true,
    }
}

fn shown(number: Option<&f64>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| format!("{number:.4}"))
}

/// The page, given what came out, what the plain script says, and which rules make the difference in each cell.
fn page(ours: &Cells, plain: &Cells, why: &BTreeMap<&(String, String, String, String), Vec<&str>>) -> String {
    let mut text = String::from(
        "# The same sweep with gem5-tui and with pandas\n\nThree workloads, four sizes of the second-level cache, two associativities, two \
         seeds and two SimPoints: 96 simulations, of which four failed. A stat is left out by gem5 where it is zero. \
         `tests/lifecycle/beside_pandas/tables.py` is the script that one writes in an afternoon, `exp.yaml` beside it is the file for \
         gem5-tui. Each number that differs does so by a rule, which is an option of the script; with all of them it tells the same \
         numbers as gem5-tui, to the last digit but rounding. A test runs both, and made this page.\n\n| rule | what it says |\n|---|---|\n",
    );
    for (rule, what) in RULES {
        _ = writeln!(text, "| {rule} | {what} |");
    }
    for (view, title) in [
        ("speedup", "Speedup over 256 KiB, of instructions per cycle"),
        ("late", "Late prefetches of a thousand instructions"),
    ] {
        _ = write!(
            text,
            "\n## {title}\n\n| L2 | ways | | gem5-tui | pandas | by the rules |\n|---|---|---|---:|---:|---|\n"
        );
        let keys: BTreeSet<_> = ours.keys().chain(plain.keys()).filter(|key| key.0 == view).collect();
        let size = |key: &&(String, String, String, String)| {
            ["256KiB", "512KiB", "1MiB", "2MiB"].iter().position(|size| *size == key.1)
        };
        let column = |key: &&(String, String, String, String)| COLUMNS[0].1.iter().position(|column| *column == key.3);
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_by_key(|key| (size(key), key.2.clone(), column(key)));
        for key in keys {
            let rules = why.get(key).map(|rules| rules.join(", ")).unwrap_or_default();
            let (ours, plain) = (shown(ours.get(key)), shown(plain.get(key)));
            _ = writeln!(text, "| {} | {} | {} | {ours} | {plain} | {rules} |", key.1, key.2, key.3);
        }
    }
    text
}

#[test]
fn every_number_that_differs_from_a_straightforward_script_does_so_by_a_rule() {
    let stage = Stage::new();
    for file in ["sweep.py", "exp.yaml"] {
        stage.write(file, &fs::read_to_string(Path::new(SOURCES).join(file)).unwrap());
    }
    stage.call("run exp.yaml").expect(1);
    let ours = numbers(&stage);
    let recorded = fs::read_to_string(PAGE).unwrap_or_default();
    let runs = stage.path("out");
    let names: Vec<&str> = RULES.iter().map(|(rule, _)| *rule).collect();
    let (Some(plain), Some(mended)) = (scripted(&runs, &[]), scripted(&runs, &names)) else {
        println!("skipped: there is no pandas, so only our own numbers of the page are checked");
        for (key, number) in &ours {
            let row = format!("| {} | {} | {} | {} |", key.1, key.2, key.3, shown(Some(number)));
            assert!(recorded.contains(&row), "{row}");
        }
        return;
    };
    let keys: BTreeSet<_> = ours.keys().chain(mended.keys()).collect();
    let wrong: Vec<_> = keys.iter().filter(|key| differ(ours.get(**key), mended.get(**key))).collect();
    assert!(wrong.is_empty(), "differ although the script has all rules: {wrong:?}");
    // A rule explains a number if the script tells another one when it has all rules but that.
    let mut why: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for rule in &names {
        let others: Vec<&str> = names.iter().copied().filter(|other| other != rule).collect();
        let without = scripted(&runs, &others).unwrap();
        let keys: BTreeSet<_> = mended.keys().chain(without.keys()).cloned().collect();
        for key in plain.keys().filter(|key| keys.contains(*key)) {
            if differ(mended.get(key), without.get(key)) {
                why.entry(key).or_default().push(rule);
            }
        }
    }
    let unexplained: Vec<_> =
        plain.iter().filter(|(key, number)| differ(Some(number), ours.get(*key)) && !why.contains_key(key)).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    let page = page(&ours, &plain, &why);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    assert!(
        page == recorded || std::env::var_os("UPDATE_GENERATED").is_some(),
        "UPDATE_GENERATED=1 writes {PAGE} anew"
    );
}
