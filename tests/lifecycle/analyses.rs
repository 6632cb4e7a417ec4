//! One set of scripts runs the simulations and analyses them.

use std::fs;

use crate::stage::Stage;

/// A function and a script: both tell what the rows have, and a value that a file tells makes them fail.
const FIGURES: &str = "import csv, json, os, sys\n\
    def table(*args):\n\
    \x20   *more, rows_json, rows_csv = args\n\
    \x20   rows = json.load(open(rows_json))\n\
    \x20   assert [row['simulation'] for row in csv.DictReader(open(rows_csv))] == [row['simulation'] for row in rows]\n\
    \x20   told = [(row['simulation'], row['ok'], row['n'], row['time']) for row in rows]\n\
    \x20   print(more, *told)\n\
    \x20   open(os.path.join(os.path.dirname(rows_json), 'figure.txt'), 'w').write('drawn')\n\
    if __name__ == '__main__':\n\
    \x20   table(*sys.argv[1:])\n\
    \x20   if os.path.exists('broken'): sys.exit('figures.py: no font')\n";

const SIMULATIONS: &str = "  - {name: 'sim-${n}', script: CONFIGS/outcomes.py, args: ['--mode=${mode}'], zip: {n: [1, 2], mode: [ok, fatal]}}\n\
    \x20 - {name: figures, analyse: [figures.py, --dpi=300]}\n\
    \x20 - {name: of-one, analyse: 'figures:table', needs: [sim-1]}\n\
    \x20 - {name: after, run: [cat, '${needs.figures.outdir}/figure.txt'], needs: [figures]}\n";

#[test]
fn results_reach_a_script_and_a_function_when_all_has_ended_and_again_on_a_retry() {
    let stage = Stage::new();
    stage.write("figures.py", FIGURES);
    stage.write("broken", "");
    stage.stand_in(&format!("{SIMULATIONS}results: {{metrics: {{time: simTicks}}}}\n"));
    stage.call("run exp.yaml").expect(1);
    let status = stage.status_now();
    assert_eq!((status.word("figures"), status.word("after")), ("failed", "blocked"), "{status:?}");
    assert!(status.reason("figures").contains("no font"), "{status:?}");
    let out = fs::read_to_string(stage.attempt("of-one", 1).simout()).unwrap();
    assert!(out.starts_with("[] ('sim-1', True, 1, ") && !out.contains("sim-2"), "only its own: {out}");
    assert!(stage.started("figures", 1).at.boot_ms >= stage.exit("sim-2", 1).at.boot_ms);

    // A metric that the file has since, and the mended script: only what failed and what waits for it runs.
    fs::remove_file(stage.path("broken")).unwrap();
    let results = "results: {metrics: {time: {value: '2 * simTicks'}}}\n";
    stage.stand_in(&format!("{SIMULATIONS}{results}"));
    stage.call("run exp.yaml").expect(1);
    let status = stage.status_now();
    assert_eq!((status.word("figures"), status.word("after")), ("ok", "ok"), "{status:?}");
    let told = |attempt| fs::read_to_string(stage.attempt("figures", attempt).simout()).unwrap();
    let ticks = |out: &str| out.split("True, 1, ").nth(1).unwrap().split(')').next().unwrap().parse::<f64>().unwrap();
    assert!((ticks(&told(2)) - 2.0 * ticks(&told(1))).abs() < 1.0, "{} {}", told(1), told(2));
    assert!(told(2).contains("['--dpi=300']") && told(2).contains("('sim-2', False, 2, None)"), "{}", told(2));
    assert!(!stage.has_attempt("sim-1", 2) && !stage.has_attempt("of-one", 2));
    let csv = fs::read_to_string(stage.attempt("figures", 2).m5out().join("results.csv")).unwrap();
    assert!(csv.lines().nth(2).is_some_and(|line| line.contains("sim-2,false,fatal")), "{csv}");
}

#[test]
fn without_a_metric_the_rows_tell_the_ticks() {
    let stage = Stage::new();
    stage.write("told.py", "import json, sys; print([row['simTicks'] > 0 for row in json.load(open(sys.argv[1]))])\n");
    stage.stand_in(
        "  - {name: sim, script: CONFIGS/outcomes.py, args: [--mode=ok], watch: ['*']}\n\
         \x20 - analyse: told.py\n",
    );
    stage.call("run exp.yaml").expect(0);
    assert_eq!(fs::read_to_string(stage.attempt("told", 1).simout()).unwrap().trim(), "[True]");
}
