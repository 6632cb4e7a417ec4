//! The thread that makes tables of results, with real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, channel};

use crate::experiment::{self, Overrides};
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::{AttemptView, SimView, Status};
use crate::report::plot::FigureFormat;
use crate::report::write::{TableFormat, text::Look};
use crate::report::{Asked, Cell};
use crate::rundir::ExperimentDir;
use crate::spawn::machine::Machine;
use crate::text::Safe;
use crate::tui::reader::results::ResultsReader;
use crate::tui::reading::{Behind, Keep, Reading, Refusal, ResultsReading, ResultsWant, Sheet, Shown};

const PATIENCE: Duration = Duration::from_secs(20);

struct Bench {
    dir: tempfile::TempDir,
    reader: ResultsReader,
    readings: Receiver<Reading>,
    views: Arc<Vec<SimView>>,
}

const SIMULATIONS: &str = "name: x\ngem5: gem5.opt\noutdir: out\nsimulations:\n  - {name: \"s-${n}\", script: s.py, matrix: {n: [1, 2, 3]}}\n";
const RESULTS: &str = "results: {metrics: {ipc: simInsts / cycles}}\n";

fn load(file: &Path) -> Result<Sheet, Safe> {
    let text = fs::read_to_string(file).map_err(|error| Safe::line(&error.to_string()))?;
    let loaded = experiment::load(&text, file, &Overrides::default(), &Machine::lenient());
    let plan = loaded.map_err(|wrong| Safe::line(&wrong.items()[0].message))?.plan;
    Ok(Sheet {
        rule: plan.results,
        simulations: plan.simulations,
        source: file.to_owned(),
        outdir: plan.outdir,
        wrong: None,
    })
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.yaml");
        fs::write(&file, format!("{SIMULATIONS}{RESULTS}")).unwrap();
        let (sender, readings) = channel(16);
        let reader = ResultsReader::start(sender, Arc::new(move || load(&file))).unwrap();
        let mut views = Vec::new();
        for n in 1..=3_u32 {
            let name = format!("s-{n}");
            let attempt = dir.path().join(format!("out/{name}/attempt-1"));
            fs::create_dir_all(attempt.join("m5out")).unwrap();
            let mut view = SimView::new(n - 1, name, Status::Queued);
            view.status = Status::Ended { outcome: Outcome::new(OutcomeKind::Ok, "exit") };
            view.attempts = vec![AttemptView {
                outcome: Some(Outcome::new(OutcomeKind::Ok, "exit")),
                ..super::fixture::attempt("x", 1)
            }];
            view.attempts[0].dir = attempt;
            views.push(view);
        }
        let bench = Self { dir, reader, readings, views: Arc::new(views) };
        (1..=3).for_each(|n| bench.stats(n, 1000 * n));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn stats(&self, n: u32, instructions: u32) {
        let text = format!(
            "\n---------- Begin Simulation Statistics ----------\nsimInsts {instructions} # (Count)\ncycles 1000 # (Cycle)\n\
             \n---------- End Simulation Statistics   ----------\n"
        );
        fs::write(self.path(&format!("out/s-{n}/attempt-1/m5out/stats.txt")), text).unwrap();
    }

    fn want(&self, generation: u64, metric: Option<&str>) -> ResultsWant {
        ResultsWant {
            asked: Asked::default(),
            metric: metric.map(str::to_owned),
            watch: Vec::new(),
            views: Arc::clone(&self.views),
            generation,
            ascii: false,
            opened: 1,
            behind: None,
            figure: None,
        }
    }

    fn wait(&mut self, what: &str, fits: impl Fn(&ResultsReading) -> bool) -> ResultsReading {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.readings.try_recv() {
                Ok(Reading::Results(reading)) if fits(&reading) => return *reading,
                Ok(_) => {}
                Err(_) => {
                    assert!(Instant::now() < deadline, "no answer in which {what}");
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }

    fn kept(&mut self) -> (String, bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.readings.try_recv() {
                Ok(Reading::Kept { text, bad }) => return (text.into_string(), bad),
                Ok(_) => {}
                Err(_) => {
                    assert!(Instant::now() < deadline, "no word of the file");
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}

fn shown(reading: &ResultsReading) -> &Shown {
    reading.shown.as_ref().expect("a table")
}

fn is_read(reading: &ResultsReading) -> bool {
    reading.read == reading.total && reading.total > 0
}

fn numbers(reading: &ResultsReading) -> Vec<Option<f64>> {
    let number = |cell: &Cell| match cell {
        Cell::Value(value) => Some(value.number),
        Cell::Missing { .. } => None,
    };
    shown(reading).table().rows.iter().map(|row| number(&row.cells[0])).collect()
}

#[test]
fn an_edit_of_results_shows_by_itself_and_reads_nothing_again_that_is_known() {
    let mut bench = Bench::new();
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    let reading = bench.wait("all is read", is_read);
    assert_eq!(numbers(&reading), [Some(1.0), Some(2.0), Some(3.0)]);
    // What was read is kept: without its file it is still there for a metric of the same stats.
    fs::remove_file(bench.path("out/s-1/attempt-1/m5out/stats.txt")).unwrap();
    let more = "results: {metrics: {ipc: simInsts / cycles, cpi: cycles / simInsts}, views: {c: {metric: cpi}}}\n";
    fs::write(bench.path("x.yaml"), format!("{SIMULATIONS}{more}")).unwrap();
    let reading = bench.wait("there are two metrics", |r| r.shown.as_ref().is_ok_and(|s| s.metrics.len() == 2));
    assert_eq!((numbers(&reading), reading.views), (vec![Some(1.0), Some(2.0), Some(3.0)], vec!["c".to_owned()]));
    bench.reader.want(Some(Box::new(bench.want(1, Some("cpi")))));
    let reading = bench.wait("it is the other one", |r| r.metric.is_some());
    assert_eq!(numbers(&reading)[0], Some(1.0));
    // Another stat is read anew, and what is gone is missing.
    let other = "results: {metrics: {ipc: simInsts / cycles, insts: {stat: \"sim*\"}}}\n";
    fs::write(bench.path("x.yaml"), format!("{SIMULATIONS}{other}")).unwrap();
    let is_other = |r: &ResultsReading| r.shown.as_ref().is_ok_and(|s| s.metrics.iter().any(|name| name == "insts"));
    let reading = bench.wait("the file is read again", |r| is_other(r) && is_read(r));
    assert_eq!(numbers(&reading)[0], None);
    // A file in the middle of an edit is told.
    fs::write(bench.path("x.yaml"), "name: [").unwrap();
    bench.wait("the file is broken", |r| matches!(r.shown, Err(Refusal::NoFile(_))));
}

#[test]
fn a_newer_attempt_is_read_and_a_cell_tells_of_its_simulations() {
    let mut bench = Bench::new();
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    bench.wait("all is read", is_read);
    let mut views = (*bench.views).clone();
    let newer = bench.path("out/s-2/attempt-2");
    fs::create_dir_all(newer.join("m5out")).unwrap();
    fs::rename(bench.path("out/s-3/attempt-1/m5out/stats.txt"), newer.join("m5out/stats.txt")).unwrap();
    views[1].attempts[0].dir = newer;
    bench.views = Arc::new(views);
    let behind = Behind { simulations: vec!["s-2".to_owned()], baseline: Vec::new() };
    let want = ResultsWant { behind: Some(behind.clone()), ..bench.want(2, None) };
    bench.reader.want(Some(Box::new(want)));
    let reading = bench.wait("the newer one counts", |r| r.behind.is_some() && numbers(r)[1] == Some(3.0));
    let (told_of, facts) = reading.behind.unwrap();
    assert_eq!((told_of, facts[0].formula.as_str(), facts[0].value.as_str()), (behind, "3000 / 1000", "3"));
}

#[test]
fn a_view_that_is_saved_comes_with_the_next_table_and_its_yaml_is_the_same_view() {
    let mut bench = Bench::new();
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    let mut view = shown(&bench.wait("all is read", is_read)).view.clone();
    view.name = "mine: #1".to_owned();
    view.table.baseline = Some(vec![("n".to_owned(), "2".to_owned())]);
    view.table.compare = Some(crate::experiment::results::Compare::Percent);
    view.dump = Some(crate::gem5::stats::Choice::FIRST.into());
    let outdir = bench.path("out");
    bench.reader.keep(Keep::View { view: Box::new(view.clone()), outdir: outdir.clone() });
    assert!(!bench.kept().1);
    let reading = bench.wait("the view is there", |r| !r.views.is_empty());
    assert_eq!((reading.views, reading.of_file), (vec![view.name.clone()], 0));
    assert!(ExperimentDir::new(&outdir).views().is_file());
    let pasted =
        format!("{SIMULATIONS}results:\n  metrics: {{ipc: simInsts / cycles}}\n  views:\n    {}\n", view.to_yaml());
    fs::write(bench.path("x.yaml"), &pasted).unwrap();
    let sheet = load(&bench.path("x.yaml")).unwrap_or_else(|why| panic!("{why}: {pasted}"));
    assert_eq!(sheet.rule.views, [view]);
}

#[test]
fn a_file_of_somebody_else_is_never_replaced() {
    let mut bench = Bench::new();
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    let table = Box::new(shown(&bench.wait("all is read", is_read)).table().clone());
    let theirs = bench.path("paper.tex");
    fs::write(&theirs, "\\section{Mine}").unwrap();
    for (name, format, is_bad) in [
        ("paper.tex", TableFormat::Latex, true),
        ("t.csv", TableFormat::Csv, false),
        ("t.csv", TableFormat::Csv, false),
    ] {
        let path = bench.path(name);
        bench.reader.keep(Keep::Export { table: table.clone(), format, path: path.clone() });
        let (told, bad) = bench.kept();
        assert_eq!(bad, is_bad, "{told}");
        assert!(told.contains(name), "{told}");
        if !bad {
            assert_eq!(fs::read_to_string(path).unwrap(), format.write(&table, Look::UNBOUNDED).as_str());
        }
    }
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "\\section{Mine}");
}

#[test]
fn what_runs_is_read_again_and_stays_provisional_until_it_has_ended() {
    let mut bench = Bench::new();
    let mut views = (*bench.views).clone();
    views[0].status = Status::Running { phase: crate::gem5::Phase::Running };
    views[0].attempts[0].outcome = None;
    let ended = std::mem::replace(&mut bench.views, Arc::new(views));
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    let is_provisional = |reading: &ResultsReading| matches!(&shown(reading).table().rows[0].cells[0], Cell::Value(value) if value.is_provisional);
    assert!(is_provisional(&bench.wait("all is read", is_read)));
    bench.stats(1, 7000);
    assert!(is_provisional(&bench.wait("the next dump is there", |r| is_read(r) && numbers(r)[0] == Some(7.0))));
    bench.views = ended;
    bench.reader.want(Some(Box::new(bench.want(2, None))));
    let reading = bench.wait("it has ended", |r| is_read(r) && !is_provisional(r));
    assert_eq!(numbers(&reading)[0], Some(7.0));
}

/// A figure of the file may read other dumps than the table, which must be itself again afterwards.
#[test]
fn a_figure_of_the_file_takes_the_place_of_the_table_and_gives_it_back() {
    let mut bench = Bench::new();
    let more = "results: {metrics: {ipc: simInsts / cycles}, views: {v: {dump: \"2\"}}, plots: {p: {metric: ipc}, second: {view: v}}}\n";
    fs::write(bench.path("x.yaml"), format!("{SIMULATIONS}{more}")).unwrap();
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    let reading = bench.wait("all is read", is_read);
    assert_eq!(reading.plots, ["p", "second"]);
    let mut figure = |name: &str| {
        let want = ResultsWant { figure: Some(name.to_owned()), ..bench.want(1, None) };
        bench.reader.want(Some(Box::new(want)));
        let deadline = Instant::now() + PATIENCE;
        loop {
            match bench.readings.try_recv() {
                Ok(Reading::Figure(reading)) if reading.name == name && reading.read == reading.total => {
                    return *reading;
                }
                Ok(_) => {}
                Err(_) => {
                    assert!(Instant::now() < deadline, "no figure");
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    };
    let made = figure("p").made.unwrap();
    assert_eq!((made.plots.len(), made.missing), (1, 0));
    // There is no second dump, so its figure has no numbers.
    assert_eq!(figure("second").made.unwrap().missing, 3);
    assert!(figure("gone").made.is_err());
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    let reading = bench.wait("the table is there again", is_read);
    assert_eq!(numbers(&reading), [Some(1.0), Some(2.0), Some(3.0)]);
}

#[test]
fn a_figure_comes_with_its_numbers_and_a_script_and_replaces_nothing_of_others() {
    let mut bench = Bench::new();
    bench.reader.want(Some(Box::new(bench.want(1, None))));
    let table = shown(&bench.wait("all is read", is_read)).table().clone();
    let plot = Box::new(crate::report::plot::Plot::Bars(table));
    for (name, start) in [("fig.svg", "<svg"), ("fig.pdf", "%PDF-")] {
        let path = bench.path(name);
        let format = FigureFormat::of(&path).unwrap();
        bench.reader.keep(Keep::Figure { plot: plot.clone(), format, path: path.clone() });
        let (told, bad) = bench.kept();
        assert!(!bad && told.contains(name) && told.contains("fig.csv"), "{told}");
        assert!(fs::read_to_string(path).unwrap().starts_with(start));
    }
    assert!(fs::read_to_string(bench.path("fig.csv")).unwrap().starts_with("group,bar,mean,value"));
    assert!(bench.path("fig.py").is_file());
    fs::write(bench.path("mine.py"), "mine\n").unwrap();
    let path = bench.path("mine.svg");
    bench.reader.keep(Keep::Figure { plot, format: FigureFormat::Svg, path: path.clone() });
    let (told, bad) = bench.kept();
    assert!(bad && told.contains("mine.py") && !path.exists(), "{told}");
    assert_eq!(fs::read_to_string(bench.path("mine.py")).unwrap(), "mine\n");
}
