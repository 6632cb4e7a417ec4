use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::experiment::Program;
use crate::experiment::results::ResultsRule;
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::AttemptView;
use crate::report::Asked;
use crate::rundir::sources::tests::age;

/// An experiment of simulations that have ended, on disk.
pub(crate) struct Bench {
    dir: tempfile::TempDir,
    pub(crate) simulations: Vec<Simulation>,
    pub(crate) views: Vec<SimView>,
}

fn dump(ticks: u64, ipc: &str) -> String {
    format!(
        "\n---------- Begin Simulation Statistics ----------\nsimTicks {ticks} # t (Tick)\nfinalTick {ticks} # t (Tick)\n\
         system.cpu.ipc {ipc} # i ((Count/Cycle))\nsystem.l2.misses {ticks} # m (Count)\n\
         \n---------- End Simulation Statistics   ----------\n"
    )
}

impl Bench {
    pub(crate) fn new(count: u32) -> Self {
        let mut bench = Self { dir: tempfile::tempdir().unwrap(), simulations: Vec::new(), views: Vec::new() };
        for number in 1..=count {
            let name = format!("s{number}");
            let program = Program::Script { path: "/s.py".into(), args: Vec::new() };
            let outcome = Outcome::new(OutcomeKind::Ok, "");
            let attempt = AttemptView {
                number: 1,
                dir: bench.attempt(&name),
                outcome: Some(outcome.clone()),
                started_unix_ms: None,
                ran_ms: None,
                max_rss: None,
                pid: None,
                job: None,
                host_time_tainted: false,
            };
            let mut view = SimView::new(number - 1, name.clone(), Status::Ended { outcome });
            view.attempts.push(attempt);
            bench.views.push(view);
            fs::create_dir_all(bench.stats(&name).parent().unwrap()).unwrap();
            bench.write(&name, &dump(number.into(), &format!("0.{number}")));
            bench.simulations.push(Simulation::new(name, "/gem5", program, "/"));
        }
        bench
    }

    fn attempt(&self, name: &str) -> PathBuf {
        self.dir.path().join("out").join(name).join("attempt-1")
    }

    fn stats(&self, name: &str) -> PathBuf {
        self.attempt(name).join("m5out/stats.txt")
    }

    /// Writes stats as if nobody had written them lately.
    fn write(&self, name: &str, stats: &str) {
        fs::write(self.stats(name), stats).unwrap();
        age(&self.stats(name));
    }

    pub(crate) fn disk(&self) -> UserCache {
        UserCache::at(self.dir.path().join("cache"))
    }

    /// The file of what is kept, once it was written.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let mut files = fs::read_dir(self.dir.path().join("cache/results")).ok()?;
        files.next().map(|entry| entry.unwrap().path())
    }

    fn collector(&self) -> Collector {
        Collector { disk: self.disk(), ..Collector::default() }
    }

    fn collect(&self, collector: &mut Collector, metrics: &[&str], time: Option<Duration>) -> Collected {
        collector.collect(&self.simulations, &self.views, &question(metrics, None), time).unwrap()
    }

    /// What somebody is told who asks for the first time.
    fn asked_anew(&self, metrics: &[&str]) -> Vec<Option<f64>> {
        values(&self.collect(&mut self.collector(), metrics, None), metrics[0])
    }
}

pub(crate) fn question(metrics: &[&str], dump: Option<&str>) -> Question {
    let metrics = metrics.iter().map(|metric| (*metric).to_owned()).collect();
    let asked = Asked { metrics, dump: dump.map(|dump| dump.parse().unwrap()), ..Asked::default() };
    Question::new(&ResultsRule::default(), &asked, &[]).unwrap()
}

/// The value of a stat of each simulation.
fn values(collected: &Collected, stat: &str) -> Vec<Option<f64>> {
    use crate::metric::Source as _;
    collected.points.iter().map(|point| point.stat(stat, None).ok().map(|value| value.number)).collect()
}

pub(crate) const IPC: &str = "system.cpu.ipc";
const MISSES: &str = "system.l2.misses";

/// Makes what is kept on the disk tell another value than the stats: who is told it has not read them.
pub(crate) fn forge(file: &Path, from: f64, to: f64) {
    let text = fs::read_to_string(file).unwrap();
    let (from, to) = (from.to_bits().to_string(), to.to_bits().to_string());
    assert!(text.contains(&from));
    fs::write(file, text.replace(&from, &to)).unwrap();
}

#[test]
fn what_was_read_once_is_not_read_again_by_whoever_asks() {
    let bench = Bench::new(20);
    let all: Vec<Option<f64>> = (1..=20).map(|number| format!("0.{number}").parse().ok()).collect();
    assert_eq!(bench.asked_anew(&[IPC]), all);
    let file = bench.file().expect("it is kept");
    forge(&file, 0.7, 7.7);
    let mut forged = all.clone();
    forged[6] = Some(7.7);
    assert_eq!(bench.asked_anew(&[IPC]), forged);
    // A stat that was not read makes all be read for both, and then either is kept.
    assert_eq!(bench.asked_anew(&[MISSES])[6], Some(7.0));
    assert_eq!(bench.asked_anew(&[IPC]), all);
    forge(&file, 0.7, 7.7);
    assert_eq!((bench.asked_anew(&[IPC])[6], bench.asked_anew(&[MISSES, IPC])[6]), (Some(7.7), Some(7.0)));
}

#[test]
fn a_file_that_has_changed_is_read_again_and_its_neighbours_are_not() {
    let bench = Bench::new(3);
    let mut collector = bench.collector();
    assert_eq!(values(&bench.collect(&mut collector, &[IPC], None), IPC), [Some(0.1), Some(0.2), Some(0.3)]);
    forge(&bench.file().unwrap(), 0.3, 9.0);
    // As many bytes as before, and the time of its content is set back.
    bench.write("s2", &dump(2, "0.8"));
    assert_eq!(values(&bench.collect(&mut collector, &[IPC], None), IPC), [Some(0.1), Some(0.8), Some(0.3)]);
    let file = bench.file().unwrap();
    forge(&file, 0.3, 9.0);
    assert_eq!(bench.asked_anew(&[IPC]), [Some(0.1), Some(0.8), Some(9.0)]);
    fs::remove_file(bench.stats("s1")).unwrap();
    assert_eq!(bench.asked_anew(&[IPC]), [None, Some(0.8), Some(9.0)]);
    // A record that appears may say that another dump is the result.
    fs::write(bench.attempt("s3").join("requested_dumps.jsonl"), "").unwrap();
    assert_eq!(bench.asked_anew(&[IPC]), [None, Some(0.8), Some(0.3)]);
}

#[test]
fn a_file_that_was_written_a_moment_ago_is_read_each_time_and_goes_to_no_disk() {
    let bench = Bench::new(2);
    fs::write(bench.stats("s1"), dump(1, "0.1")).unwrap();
    let mut collector = bench.collector();
    assert_eq!(values(&bench.collect(&mut collector, &[IPC], None), IPC), [Some(0.1), Some(0.2)]);
    let text = fs::read_to_string(bench.file().unwrap()).unwrap();
    let kept = |value: f64| text.contains(&value.to_bits().to_string());
    assert!(kept(0.2) && !kept(0.1), "{text}");
    // Without time it is told all the same.
    let at_once = bench.collect(&mut collector, &[IPC], Some(Duration::ZERO));
    assert_eq!((values(&at_once, IPC), at_once.unread), (vec![Some(0.1), Some(0.2)], 0));
}

#[test]
fn a_cache_that_is_damaged_or_of_another_version_or_gone_is_none() {
    let bench = Bench::new(2);
    let read = || bench.asked_anew(&[IPC]);
    assert_eq!(read(), [Some(0.1), Some(0.2)]);
    let file = bench.file().unwrap();
    let whole = fs::read_to_string(&file).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let forged = whole.replace(&0.2_f64.to_bits().to_string(), &8.8_f64.to_bits().to_string());
    for damaged in [
        forged.replace(&format!("\"{version}\""), "\"0.0.0\""),
        forged[..forged.len() / 2].to_owned(),
        forged.replacen("\"stats\": [", "\"stats\": [[\"again\", null], [\"again\", null], ", 1),
        String::new(),
        "null".to_owned(),
    ] {
        fs::write(&file, damaged).unwrap();
        assert_eq!(read(), [Some(0.1), Some(0.2)]);
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(read(), [Some(0.1), Some(0.2)]);
    // Nothing may be written, as for a user who may only look.
    let none = UserCache::at(bench.stats("s1"));
    let mut collector = Collector { disk: none, ..Collector::default() };
    assert_eq!(values(&bench.collect(&mut collector, &[IPC], None), IPC), [Some(0.1), Some(0.2)]);
}

#[test]
fn each_dump_that_is_asked_for_is_kept_beside_the_others() {
    let bench = Bench::new(1);
    bench.write("s1", &(dump(1, "0.25") + &dump(2, "0.5")));
    let ask = |choice: &str| {
        let mut collector = bench.collector();
        let question = question(&[IPC], Some(choice));
        values(&collector.collect(&bench.simulations, &bench.views, &question, None).unwrap(), IPC)[0]
    };
    assert_eq!((ask("first"), ask("last"), ask("3")), (Some(0.25), Some(0.5), None));
    let file = bench.file().unwrap();
    forge(&file, 0.25, 1.25);
    forge(&file, 0.5, 1.5);
    assert_eq!((ask("first"), ask("last"), ask("3")), (Some(1.25), Some(1.5), None));
}

#[test]
fn what_is_known_is_told_at_once_and_the_rest_when_there_is_time() {
    let bench = Bench::new(3);
    let mut collector = bench.collector();
    let at_once = bench.collect(&mut collector, &[IPC], Some(Duration::ZERO));
    assert_eq!((at_once.unread, values(&at_once, IPC)), (3, vec![None; 3]));
    assert!(at_once.points.iter().all(|point| matches!(&point.state, State::Waiting { word } if word == UNREAD)));
    assert_eq!(bench.file(), None, "half of it is no answer to keep");
    let later = bench.collect(&mut collector, &[IPC], Some(Duration::from_hours(1)));
    assert_eq!((later.unread, values(&later, IPC)), (0, vec![Some(0.1), Some(0.2), Some(0.3)]));
    let at_once = bench.collect(&mut collector, &[IPC], Some(Duration::ZERO));
    assert_eq!((at_once.unread, values(&at_once, IPC)), (0, vec![Some(0.1), Some(0.2), Some(0.3)]));
}

#[test]
fn what_must_be_known_of_dumps_is_told_from_memory_too() {
    let bench = Bench::new(2);
    for name in ["s1", "s2"] {
        bench.write(name, &(dump(1, "0.25") + &dump(2, "0.5")));
    }
    let first = bench.collect(&mut bench.collector(), &[IPC], None).remarks;
    assert!(first.len() == 1 && first[0].contains("spans dump 1"), "{first:?}");
    assert_eq!(bench.collect(&mut bench.collector(), &[IPC], None).remarks, first);
    assert!(fs::read_to_string(bench.file().unwrap()).unwrap().contains("spans dump 1"));
}

#[test]
fn a_plan_that_is_read_in_parts_is_kept_as_a_whole_when_all_of_it_was_read() {
    let bench = Bench::new(4);
    let question = question(&[IPC], None);
    let read = |collector: &mut Collector| -> Vec<Option<f64>> {
        let part = |at: usize| {
            let part = collector.part(&bench.simulations[at..=at], &bench.views[at..=at], &question, LOOKED_AT);
            values(&part.unwrap(), IPC)
        };
        (0..4).flat_map(part).collect()
    };
    let mut first = bench.collector();
    assert!(!first.write(), "there is nothing yet");
    assert_eq!(read(&mut first), [0.1, 0.2, 0.3, 0.4].map(Some));
    assert_eq!(bench.file(), None, "a part is no answer to keep");
    assert!(first.write());
    forge(&bench.file().unwrap(), 0.3, 7.5);
    assert_eq!(read(&mut bench.collector()), [0.1, 0.2, 7.5, 0.4].map(Some));
    assert_eq!(bench.asked_anew(&[IPC]), [0.1, 0.2, 7.5, 0.4].map(Some));
    // One that has not begun is no other experiment.
    let mut views = bench.views.clone();
    views[1] = SimView::new(1, "s2".to_owned(), Status::Queued);
    let mut collector = bench.collector();
    let mut part = |at: usize| {
        let part = collector.part(&bench.simulations[at..=at], &views[at..=at], &question, LOOKED_AT);
        values(&part.unwrap(), IPC)[0]
    };
    assert_eq!([0, 1, 2].map(&mut part), [Some(0.1), None, Some(7.5)]);
}

#[test]
fn the_place_of_a_dump_is_looked_for_once_and_kept() {
    let bench = Bench::new(2);
    bench.write("s1", &(dump(1, "0.25") + &dump(2, "0.5")));
    let ask = |is_numbered| {
        let mut collector = Collector { is_numbered, ..bench.collector() };
        let collected = bench.collect(&mut collector, &[IPC], None);
        collected.points.iter().map(|point| point.dump.as_ref().unwrap().which.number).collect::<Vec<_>>()
    };
    assert_eq!((ask(false), ask(true)), (vec![None, Some(1)], vec![Some(2), Some(1)]));
    let file = bench.file().unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    for entry in kept["kept"].as_array_mut().unwrap() {
        let number = &mut entry["dumps"][0]["which"][0];
        *number = (number.as_u64().unwrap() + 10).into();
    }
    fs::write(&file, kept.to_string()).unwrap();
    assert_eq!(ask(true), [Some(12), Some(11)]);
}

/// Dumps that count from one tick to another, with an IPC and a count each.
fn parts(intervals: &[(u64, u64)]) -> String {
    let of = |(start, end): &(u64, u64)| {
        dump(end - start, "0.5").replace(&format!("finalTick {}", end - start), &format!("finalTick {end}"))
    };
    intervals.iter().map(of).collect()
}

#[test]
fn all_dumps_are_told_one_by_one_or_added_up_and_each_answer_is_kept() {
    let bench = Bench::new(2);
    bench.write("s1", &parts(&[(0, 10), (10, 30), (10, 30), (30, 60)]));
    bench.write("s2", &parts(&[(0, 10), (0, 30)]));
    let ask = |choice: &str| {
        let question = question(&[MISSES], Some(choice));
        bench.collector().collect(&bench.simulations, &bench.views, &question, None).unwrap()
    };
    let each = ask("each");
    let told: Vec<(&str, Option<u32>)> =
        each.points.iter().map(|point| (point.name.as_str(), point.dump.as_ref().unwrap().which.number)).collect();
    let numbers = |name, count| (1..=count).map(move |number| (name, Some(number)));
    assert_eq!(told, numbers("s1", 4).chain(numbers("s2", 2)).collect::<Vec<_>>());
    assert_eq!(values(&each, MISSES), [10.0, 20.0, 20.0, 30.0, 10.0, 30.0].map(Some));
    let sum = ask("sum:all");
    assert_eq!(values(&sum, MISSES), [Some(60.0), None]);
    let why = sum.points[1].dump.as_ref().unwrap_err();
    assert!(why.word == "cumulative" && why.reason.contains("dump 2"), "{why:?}");
    assert!(sum.remarks.len() == 1 && sum.remarks[0].contains("dump 3 repeats dump 2"), "{:?}", sum.remarks);
    // From what is kept, each is told as it was, and neither is taken for the other.
    let file = bench.file().unwrap();
    forge(&file, 30.0, 77.0);
    assert_eq!(values(&ask("sum:all"), MISSES), [Some(107.0), None]);
    assert_eq!(ask("sum:all").remarks, sum.remarks);
    assert_eq!(values(&ask("each"), MISSES)[3], Some(77.0));
    assert_eq!(values(&ask("last"), MISSES), [Some(30.0), Some(30.0)]);
}

#[test]
fn a_directory_that_was_moved_away_is_gone_and_not_without_a_dump() {
    let bench = Bench::new(2);
    let mut collector = bench.collector();
    bench.collect(&mut collector, &[IPC], None);
    let elsewhere = bench.dir.path().join("elsewhere");
    fs::rename(bench.attempt("s1"), &elsewhere).unwrap();
    fs::remove_file(bench.stats("s2")).unwrap();
    let words = |collected: &Collected| -> Vec<String> {
        let word = |point: &Point| point.dump.as_ref().err().map(|none| none.word.clone()).unwrap_or_default();
        collected.points.iter().map(word).collect()
    };
    let collected = bench.collect(&mut collector, &[IPC], None);
    assert_eq!(words(&collected), ["gone", "no dump"]);
    assert!(collected.points[0].dump.as_ref().unwrap_err().reason.contains("s1/attempt-1"));
    fs::rename(&elsewhere, bench.attempt("s1")).unwrap();
    assert_eq!(words(&bench.collect(&mut collector, &[IPC], None)), ["", "no dump"]);
}
