//! Two experiments with numbers that can be checked by hand.

use super::*;
use crate::experiment::results::{Definition, MetricRule, ResultsRule, SimpointsRule, TableRule, Weights};
use crate::report::tests::{failed, point};
use crate::report::{Asked, Point, Question, State};

fn ipc(parameters: &str, value: f64) -> Point {
    point(parameters, &[("ipc", value, "(Count/Cycle)")])
}

fn question(better: Option<Better>) -> Question {
    let value = Definition::Stat("ipc".to_owned());
    let metric = MetricRule { name: "ipc".to_owned(), value, better, unit: None, digits: None, absent: None };
    Question::new(&ResultsRule { metrics: vec![metric], ..ResultsRule::default() }, &Asked::default(), &[]).unwrap()
}

fn compared_with(threshold: &str, baseline: &[Point], candidate: &[Point]) -> Comparison {
    let thresholds = Thresholds::new(&[threshold.to_owned()]).unwrap();
    compare(&question(Some(Better::Higher)), baseline, candidate, &thresholds)
}

/// The verdict of each point, by its name.
fn verdicts(comparison: &Comparison) -> Vec<(&str, Verdict)> {
    comparison.metrics[0].points.iter().map(|point| (point.point.as_str(), point.verdict)).collect()
}

fn only(comparison: &Comparison) -> &Judged {
    let [one] = comparison.metrics[0].points.as_slice() else { panic!("{:?}", comparison.metrics[0].points) };
    one
}

#[test]
fn each_of_the_seven_verdicts_has_its_point() {
    let baseline = [
        ipc("wl=better", 1.0),
        ipc("wl=worse", 1.0),
        ipc("wl=same", 1.0),
        ipc("wl=gone", 1.0),
        ipc("wl=broke", 1.0),
        ipc("wl=zero", 0.0),
    ];
    let candidate = [
        ipc("wl=new", 1.0),
        ipc("wl=zero", 1.0),
        failed("wl=broke", "segv"),
        ipc("wl=same", 1.01),
        ipc("wl=worse", 0.98),
        ipc("wl=better", 1.02),
    ];
    let comparison = compared_with("1%", &baseline, &candidate);
    assert_eq!(
        verdicts(&comparison),
        [
            ("wl=better", Verdict::Improvement),
            ("wl=worse", Verdict::Regression),
            ("wl=same", Verdict::Unchanged),
            ("wl=gone", Verdict::MissingCandidate),
            ("wl=broke", Verdict::MissingValue),
            ("wl=zero", Verdict::NotComparable),
            ("wl=new", Verdict::MissingBaseline),
        ]
    );
    let failing = comparison.metrics[0].points.iter().filter(|point| point.fails).map(|point| point.verdict);
    let expected = [Verdict::Regression, Verdict::MissingCandidate, Verdict::MissingValue, Verdict::NotComparable];
    assert_eq!(failing.collect::<Vec<_>>(), expected);
    assert!(Verdict::ALL.iter().all(|verdict| comparison.tally().of(*verdict) == 1));
    // Over what both have and nothing else: better, worse and same.
    let mean = comparison.metrics[0].geomean.as_ref().unwrap();
    assert_eq!(mean.count, 3);
    assert!((mean.ratio - (1.02_f64 * 0.98 * 1.01).cbrt()).abs() < 1e-12, "{mean:?}");
    let dropped: Vec<&str> = mean.dropped.iter().map(|dropped| dropped.point.as_str()).collect();
    assert_eq!(dropped, ["wl=gone", "wl=broke", "wl=zero", "wl=new"]);
}

#[test]
fn a_value_that_the_baseline_never_had_fails_no_check() {
    let baseline = [failed("wl=a", "segv"), failed("wl=b", "segv"), ipc("wl=c", 1.0)];
    let candidate = [ipc("wl=a", 1.0), failed("wl=b", "segv"), ipc("wl=c", 1.0)];
    let comparison = compared_with("1%", &baseline, &candidate);
    let expected = [("wl=a", Verdict::MissingValue), ("wl=b", Verdict::MissingValue), ("wl=c", Verdict::Unchanged)];
    assert_eq!(verdicts(&comparison), expected);
    assert!(!comparison.fails());
    assert!(
        text(&comparison, &[])
            .as_str()
            .ends_with("2 missing values, 1 unchanged\nnothing is worse, gone or cannot be told\n")
    );
    // One that is lost fails it, however many others are compared, and is told apart from those that were never there.
    let lost = [candidate.as_slice(), &[failed("wl=d", "segv")]].concat();
    let comparison = compared_with("1%", &[baseline.as_slice(), &[ipc("wl=d", 1.0)]].concat(), &lost);
    assert!(comparison.fails());
    let told = text(&comparison, &[]).to_string();
    assert!(told.ends_with("3 missing values, 1 unchanged\nthis fails the check: 1 missing value\n"), "{told}");
    // Where nothing was compared, nobody can say that all is well.
    assert!(compared_with("1%", &baseline[..2], &candidate[..2]).fails());
    assert!(compared_with("1%", &[], &[]).fails());
}

#[test]
fn less_is_better_where_the_metric_says_so_and_nothing_is_where_it_says_nothing() {
    let (baseline, candidate) = ([ipc("wl=a", 2.0)], [ipc("wl=a", 1.0)]);
    let of = |better| compare(&question(better), &baseline, &candidate, &Thresholds::default());
    assert_eq!(only(&of(Some(Better::Lower))).verdict, Verdict::Improvement);
    assert_eq!(only(&of(Some(Better::Higher))).verdict, Verdict::Regression);
    let untold = of(None);
    assert_eq!(
        (only(&untold).verdict, only(&untold).change, untold.fails()),
        (Verdict::NotComparable, Some(-0.5), true)
    );
    let same = compare(&question(None), &baseline, &baseline, &Thresholds::default());
    assert_eq!((only(&same).verdict, same.fails()), (Verdict::Unchanged, false));
}

#[test]
fn a_threshold_is_a_part_or_a_difference_and_what_reaches_it_is_not_beyond_it() {
    let of = |threshold: &str, base: f64, new: f64| {
        only(&compared_with(threshold, &[ipc("wl=a", base)], &[ipc("wl=a", new)])).verdict
    };
    assert_eq!(of("10%", 100.0, 90.0), Verdict::Unchanged);
    assert_eq!(of("10%", 100.0, 89.9), Verdict::Regression);
    assert_eq!(of("0", 100.0, 100.0), Verdict::Unchanged);
    assert_eq!(of("0", 100.0, 99.999), Verdict::Regression);
    assert_eq!(of("5", 0.0, 4.0), Verdict::Unchanged);
    assert_eq!(of("5", 0.0, 6.0), Verdict::Improvement);
    assert_eq!(of("1%", 0.0, 0.0), Verdict::Unchanged);
    // Less below zero is more.
    assert_eq!(of("1%", -2.0, -1.0), Verdict::Improvement);
    assert_eq!(of("1%", -1.0, 1.0), Verdict::Improvement);
    for wrong in ["1 percent", "-1%", "ipc=", "nan", "ipc=x%"] {
        assert!(Thresholds::new(&[wrong.to_owned()]).is_err(), "{wrong}");
    }
    let own = Thresholds::new(&["2%".to_owned(), "ipc = 0.5%".to_owned()]).unwrap();
    assert_eq!((own.of("ipc"), own.of("time")), (Threshold::Relative(0.005), Threshold::Relative(0.02)));
    assert_eq!(own.of("ipc").to_string(), "0.5 %");
}

#[test]
fn what_replicas_differ_by_is_no_regression() {
    let side = |values: [f64; 3]| -> Vec<Point> {
        values.iter().enumerate().map(|(seed, value)| ipc(&format!("wl=a seed={seed}"), *value)).collect()
    };
    let baseline = side([1.0, 1.1, 0.9]);
    // Means differ by 3 %, and the pairs by -13 % to +6 %.
    let noisy = compared_with("1%", &baseline, &side([0.95, 0.96, 0.95]));
    let one = only(&noisy);
    assert_eq!((one.verdict, one.baseline.unwrap().count), (Verdict::Unchanged, 3));
    assert!(one.reason.is_some() && one.change_error.unwrap() > one.change.unwrap().abs(), "{one:?}");
    // Each seed is 3 % slower than it was: paired, that is no noise. The order of the file changes nothing.
    let mut slower = side([0.97, 1.1 * 0.97, 0.9 * 0.969]);
    slower.reverse();
    assert_eq!(only(&compared_with("1%", &baseline, &slower)).verdict, Verdict::Regression);
}

#[test]
fn points_are_paired_by_what_tells_them_apart_on_either_side() {
    // The candidate was made with another prefetcher, and of one size alone.
    let baseline = [ipc("l2=256KiB pf=off", 1.0), ipc("l2=1MiB pf=off", 2.0)];
    let candidate = [ipc("l2=1MiB pf=on core=o3", 3.0)];
    let comparison = compared_with("1%", &baseline, &candidate);
    assert_eq!(comparison.paired_by, ["l2"]);
    assert_eq!(verdicts(&comparison), [("l2=256KiB", Verdict::MissingCandidate), ("l2=1MiB", Verdict::Improvement)]);
    let told = comparison.notes.join("\n");
    assert!(told.contains("`pf` is off") && told.contains("`core`"), "{told}");
    // Without any parameter there are the names.
    let named = |name: &str, value| Point { name: name.to_owned(), ..ipc("", value) };
    let comparison = compared_with("1%", &[named("a", 1.0), named("b", 1.0)], &[named("b", 2.0), named("c", 1.0)]);
    let expected = [("a", Verdict::MissingCandidate), ("b", Verdict::Improvement), ("c", Verdict::MissingBaseline)];
    assert_eq!(verdicts(&comparison), expected);
    // One point on each side is the same one, whatever it is called.
    let comparison = compared_with("1%", &[named("a", 1.0)], &[named("b", 1.0)]);
    assert_eq!(verdicts(&comparison), [("a", Verdict::Unchanged)]);
}

#[test]
fn an_axis_that_one_side_lacks_pairs_nothing_and_is_told() {
    let candidate = [ipc("wl=a pf=on", 1.0), ipc("wl=a pf=off", 1.0)];
    let comparison = compared_with("1%", &[ipc("wl=a", 1.0)], &candidate);
    assert_eq!(comparison.tally().of(Verdict::MissingCandidate), 1);
    assert_eq!(comparison.tally().of(Verdict::MissingBaseline), 2);
    assert!(comparison.notes[0].contains("baseline has no parameter `pf`"), "{:?}", comparison.notes);
}

#[test]
fn simpoints_are_combined_before_they_are_compared_and_a_part_is_not_compared_with_the_whole() {
    let mut question = question(Some(Better::Higher));
    let weights = Weights::Map([("0", 0.5), ("1", 0.5)].map(|(sp, w)| (sp.to_owned(), w)).to_vec());
    question.simpoints = Some(SimpointsRule { over: "sp".to_owned(), weights, coverage: 1.0 });
    let side = |a, b| [ipc("wl=a sp=0", a), ipc("wl=a sp=1", b)];
    let of = |candidate: &[Point]| compare(&question, &side(1.0, 2.0), candidate, &Thresholds::default());
    // Harmonic: 4/3 and 4/3.
    let same = of(&side(2.0, 1.0));
    assert_eq!(only(&same).verdict, Verdict::Unchanged);
    assert!((only(&same).candidate.unwrap().value - 4.0 / 3.0).abs() < 1e-12);
    let [first, _] = side(1.0, 2.0);
    let part = of(&[first, failed("wl=a sp=1", "segv")]);
    assert_eq!(only(&part).verdict, Verdict::NotComparable);
}

#[test]
fn ticks_of_different_length_and_values_that_may_change_are_not_compared() {
    let ticks = |frequency| point("wl=a", &[("ipc", 5.0, "(Tick)"), ("simFreq", frequency, "((Tick/Second))")]);
    assert_eq!(only(&compared_with("1%", &[ticks(1e12)], &[ticks(1e9)])).verdict, Verdict::NotComparable);
    assert_eq!(only(&compared_with("1%", &[ticks(1e12)], &[ticks(1e12)])).verdict, Verdict::Unchanged);
    let running = Point { state: State::Running { word: "running".to_owned() }, ..ipc("wl=a", 1.0) };
    let comparison = compared_with("1%", &[ipc("wl=a", 1.0)], &[running]);
    assert_eq!((only(&comparison).verdict, only(&comparison).candidate), (Verdict::MissingValue, None));
    let seconds = point("wl=a", &[("ipc", 1.0, "(Second)")]);
    assert_eq!(only(&compared_with("1%", &[ipc("wl=a", 1.0)], &[seconds])).verdict, Verdict::NotComparable);
}

#[test]
fn the_stats_that_differ_most_stand_first_without_what_the_host_does() {
    let baseline = [("a", 1.0), ("b", 100.0), ("same", 5.0), ("gone", 7.0), ("hostSeconds", 1.0), ("d::0-9", 1.0)];
    let candidate = [("a", 1.1), ("b", 400.0), ("same", 5.0), ("come", 9.0), ("hostSeconds", 9.0), ("d::0-9", 5.0)];
    let told = drift(baseline, candidate, 3);
    let names: Vec<&str> = told.stats.iter().map(|one| one.stat.as_str()).collect();
    assert_eq!(names, ["come", "gone", "b"]);
    assert_eq!((told.more, told.same, told.left_out), (1, 1, 2));
    assert!((told.stats[2].size - 0.75).abs() < 1e-12);
    assert_eq!((told.stats[0].baseline, told.stats[1].candidate), (None, None));
    assert_eq!(drift([("n", f64::NAN)], [("n", f64::NAN)], 3).same, 1);
    assert_eq!(drift([("n", f64::NAN)], [("n", 1.0)], 3).stats.len(), 1);
}

#[test]
fn each_point_is_among_the_most_changed_once() {
    let both = |parameters: &str, ipc: f64, other: f64| {
        point(parameters, &[("ipc", ipc, "(Count/Cycle)"), ("other", other, "(Count)")])
    };
    let metric = |name: &str| MetricRule {
        name: name.to_owned(),
        value: Definition::Stat(name.to_owned()),
        better: Some(Better::Higher),
        unit: None,
        digits: None,
        absent: None,
    };
    let rule = ResultsRule {
        metrics: vec![metric("ipc"), metric("other")],
        table: TableRule::default(),
        ..ResultsRule::default()
    };
    let question = Question::new(&rule, &Asked::default(), &[]).unwrap();
    let baseline = [both("wl=a", 1.0, 1.0), both("wl=b", 1.0, 1.0), both("wl=c", 1.0, 1.0)];
    let candidate = [both("wl=a", 1.5, 4.0), both("wl=b", 0.1, 1.0), both("wl=c", 1.0, 1.0)];
    let comparison = compare(&question, &baseline, &candidate, &Thresholds::default());
    let told: Vec<(&str, &str)> = comparison
        .most_changed(9)
        .iter()
        .map(|(metric, point)| (metric.metric.as_str(), point.point.as_str()))
        .collect();
    assert_eq!(told, [("ipc", "wl=b"), ("other", "wl=a")]);
    assert_eq!(comparison.most_changed(1).len(), 1);
}

#[test]
fn strangers_names_stay_text_in_xml_and_in_a_terminal() {
    let evil = "wl=<a>&\"'\u{1b}[2J\u{fffe}]]>";
    let comparison = compared_with(
        "1%",
        &[ipc(evil, 1.0), failed("wl=b", "segv"), ipc("wl=c", 1.0)],
        &[ipc(evil, 0.5), ipc("wl=d", 1.0)],
    );
    let xml = junit(&comparison).to_string();
    assert!(xml.contains("&lt;a&gt;&amp;&quot;&#39;") && !xml.contains('\u{1b}') && !xml.contains('\u{fffe}'), "{xml}");
    let head = "<testsuites name=\"gem5-tui compare\" tests=\"4\" failures=\"1\" errors=\"2\" skipped=\"1\">";
    assert!(xml.contains(head), "{xml}");
    assert!(!text(&comparison, &[]).as_str().contains('\u{1b}'));
}
