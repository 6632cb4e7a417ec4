//! A filter finds what its words say, and tells what it does not understand.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Filter, Subject, Vocabulary, complete};
use crate::experiment::Parameter;
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::{AttemptView, Clock, SimView, Status};

struct Row {
    view: SimView,
    lower: String,
}

impl Row {
    fn new(view: SimView) -> Self {
        let row = Self { view, lower: String::new() };
        Self { lower: row.texts().join("\n").to_lowercase(), view: row.view }
    }
}

impl Subject for Row {
    fn view(&self) -> &SimView {
        &self.view
    }

    fn texts(&self) -> [&str; 5] {
        let why = match &self.view.status {
            Status::Ended { outcome } => outcome.cause.as_str(),
            _ => "",
        };
        [&self.view.name, self.view.status.word(), why, "", "42 node7"]
    }

    fn lower(&self) -> &str {
        &self.lower
    }

    fn stat(&self, at: usize) -> Option<f64> {
        self.view.values.get(at).copied().flatten()
    }
}

fn vocabulary() -> Vocabulary {
    let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    Vocabulary {
        parameters: owned(&["wl", "l2", "freq", "try"]),
        stats: owned(&["ipc", "l2.miss::total", "simTicks"]),
        named: BTreeMap::new(),
    }
}

fn attempt(number: u32) -> AttemptView {
    AttemptView {
        number,
        dir: "/runs".into(),
        outcome: None,
        started_unix_ms: None,
        ran_ms: None,
        max_rss: Some(3 << 30),
        pid: None,
        job: None,
        host_time_tainted: false,
    }
}

/// Six rows: `a` runs, `b` is ok, `c` and `d` failed, `e` was cancelled, `f` waits.
fn rows() -> Vec<Row> {
    let end = |kind: OutcomeKind, cause: &str| Status::Ended { outcome: Outcome::new(kind, cause) };
    let row = |name: &str, status: Status, parameters: &[(&str, &str)], values: [Option<f64>; 3]| {
        let mut view = SimView::new(0, name, status);
        view.parameters = parameters.iter().map(|(name, value)| Parameter::text(*name, *value)).collect();
        view.values = values.to_vec();
        view.elapsed = Clock { ms: 3_600_000 * name.len() as u64, ticking: false };
        view.attempts = vec![attempt(1)];
        view
    };
    let mut rows = vec![
        row("a", Status::Running { phase: Phase::Running }, &[("wl", "mcf"), ("l2", "1MiB")], [Some(0.8), None, None]),
        row(
            "bb",
            end(OutcomeKind::Limit, "simulate() limit reached"),
            &[("wl", "lbm"), ("l2", "256KiB")],
            [Some(1.1), Some(0.5), Some(1e10)],
        ),
        row("ccc", end(OutcomeKind::Panic, "panic: No way, Out"), &[("wl", "mcf"), ("freq", "2GHz")], [None; 3]),
        row(
            "lookup-d",
            end(OutcomeKind::Failed, "exit code 7"),
            &[("wl", "a b"), ("freq", "800MHz"), ("try", "2")],
            [None; 3],
        ),
        row("eeeee", end(OutcomeKind::Cancelled, "cancelled"), &[("l2", "1048576B")], [None; 3]),
        row("f-blocked", Status::Queued, &[("l2", "64KiB"), ("try", "7")], [None; 3]),
    ];
    rows[0].attempts = vec![attempt(1), attempt(2), attempt(3)];
    rows[5].attempts.clear();
    rows.into_iter().map(Row::new).collect()
}

/// The first letters of the names of the rows that fit, or what is wrong with the filter and where.
fn found(text: &str) -> String {
    let filter = Filter::new(text, &vocabulary());
    if let Some(problem) = filter.problem() {
        return format!("{} {}", &text[problem.at.clone()], problem.why);
    }
    rows().iter().filter(|row| filter.lets_through(*row)).filter_map(|row| row.view.name.chars().next()).collect()
}

#[test]
fn each_word_finds_what_it_says() {
    for (text, rows) in [
        ("", "abclef"),
        ("!", "abclef"),
        ("is:", "abclef"),
        ("l2=", "abclef"),
        ("| |", "abclef"),
        ("is:running", "a"),
        ("running", "a"),
        ("is:ok", "b"),
        ("ok", "b"),
        ("\"ok\"", "bl"),
        ("blocked", ""),
        ("name:blocked", "f"),
        ("is:limit", "b"),
        ("is:cancelled", "e"),
        ("is!=ended", "af"),
        ("is:panic|running", "ac"),
        ("is:panic | wl:lbm", "bc"),
        ("!is:ended", "af"),
        ("!is:ended|running", "f"),
        ("is:waiting", "f"),
        ("l2:1MiB", "ae"),
        ("l2=1024KiB", "ae"),
        ("l2=1MiB|256KiB", "abe"),
        ("l2!=1MiB", "bf"),
        ("!l2:1MiB", "bclf"),
        ("l2>=256KiB", "abe"),
        ("l2<256KiB", "f"),
        ("l2:*MiB", "a"),
        ("freq>1GHz", "c"),
        ("freq=2GHz", "c"),
        ("wl=\"a b\"", "l"),
        ("wl:MCF", ""),
        ("wl:mcf", "ac"),
        ("ipc>0.8", "b"),
        ("ipc>=0.8", "ab"),
        ("!ipc>=0.8", "clef"),
        ("simTicks>=10G", "b"),
        ("simticks=1e10", "b"),
        ("l2.miss::total<50%", ""),
        ("l2.miss::total<=50%", "b"),
        ("wall>4h", "le"),
        ("wall>2h wall<3h30m", "c"),
        // A parameter goes before a fact.
        ("try>1", "lf"),
        ("rss>2GiB", "abcle"),
        ("why:\"no way\"", "c"),
        ("why:\"No way\"", "c"),
        ("why:\"NO way\"", ""),
        ("job:node7 name=a", "a"),
        ("mcf no", ""),
        ("\"no way, out\"", "c"),
        ("Out", "c"),
        ("out|lookup", "cl"),
        ("name:l*-?", "l"),
        ("dram.cc:690", ""),
        ("<", ""),
    ] {
        assert_eq!(found(text), rows, "{text}");
    }
}

#[test]
fn what_is_not_understood_is_told_with_its_place_and_filters_nothing() {
    for (text, place, word) in [
        ("mcf is:fialed", "fialed", "`failed`"),
        ("is:can", "can", "`cancelled`"),
        ("icp>1", "icp", "`ipc`"),
        ("zzzzzz=1", "zzzzzz", "in quotes"),
        ("ipc>big", "big", "no number"),
        ("l2>mcf", "mcf", "no number or size"),
        ("wall>soon", "soon", "`90s`"),
        ("rss>1G", "1G", "GiB"),
        ("is>ok", "is>ok", "is:failed"),
        ("name>a", "name>a", "name:part"),
        ("wl:[", "[", "glob"),
    ] {
        let told = found(text);
        assert!(told.starts_with(place) && told.contains(word), "{text}: {told}");
    }
    let filter = Filter::new("is:ended zzz=1 ipc>x", &vocabulary());
    let fits: Vec<bool> = rows().iter().map(|row| filter.lets_through(row)).collect();
    assert_eq!(fits, [false, true, true, true, true, false]);
}

#[test]
fn the_words_of_the_header_find_as_many_as_it_counts() {
    let rows = rows();
    for (word, quick) in [
        ("not ok", "failed"),
        ("ok", "is:ok"),
        ("running", "is:running"),
        ("queued", "is:queued"),
        ("!not ok", "!failed"),
    ] {
        assert_eq!(found(word), found(quick), "{word}");
    }
    let failed = rows.iter().filter(|row| row.view.status.counted() == crate::protocol::Counted::Failed).count();
    assert_eq!(found("not ok").len(), failed);
}

#[test]
fn a_word_goes_on_as_it_may() {
    let values = |name: &str| match name {
        "l2" => ["256KiB", "1MiB", "1MiB"].map(str::to_owned).to_vec(),
        "wl" => vec!["a b".to_owned(), "mcf".to_owned()],
        _ => vec![],
    };
    let ways = |text: &str| {
        let way = complete(text, text.len(), &vocabulary(), values);
        (text[way.at].to_owned(), way.ways.into_iter().take(3).collect::<Vec<_>>().join(" "))
    };
    for (text, part, next) in [
        ("", "", "is: wl= l2="),
        ("mcf ", "", "is: wl= l2="),
        ("!i", "i", "is: ipc>"),
        ("ip", "ip", "ipc>"),
        ("is:", "", "running paused queued"),
        ("mcf is:run", "run", "running"),
        ("is:ok|pan", "pan", "panic"),
        ("is:ok|", "", "running paused queued"),
        ("l2=", "", "1MiB 256KiB"),
        ("l2=2", "2", "256KiB"),
        ("wl=", "", "\"a b\" mcf"),
        ("wl=\"a", "\"a", "\"a b\""),
        ("ipc>", "", ""),
        ("wa", "wa", "wall>"),
        ("zzz=", "", ""),
    ] {
        assert_eq!(ways(text), (part.to_owned(), next.to_owned()), "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read_and_completed_within_its_bounds(text in "[ a-z0-9:=<>!|\"*\\[.é%]{0,24}|\\PC{0,24}") {
        let filter = Filter::new(&text, &vocabulary());
        if let Some(problem) = filter.problem() {
            prop_assert!(text.get(problem.at.clone()).is_some() && !problem.why.is_empty());
        }
        for row in rows() {
            filter.lets_through(&row);
        }
        let cursors = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        for cursor in cursors {
            let way = complete(&text, cursor, &vocabulary(), |_| vec!["1MiB".to_owned()]);
            prop_assert!(text.get(way.at).is_some());
        }
    }
}

#[test]
fn a_filter_with_a_name_is_what_it_says() {
    let mut vocabulary = vocabulary();
    for (name, text) in [
        ("slow", "wall>4h"),
        ("bad", "is:failed"),
        ("both", "@slow @bad"),
        ("fast", "ipc>1"),
        ("round", "@about"),
        ("about", "@round"),
        ("odd", "is:x"),
    ] {
        vocabulary.named.insert(name.to_owned(), text.to_owned());
    }
    let found = |text: &str| {
        let filter = Filter::new(text, &vocabulary);
        assert_eq!(filter.problem(), None, "{text}");
        rows().iter().filter(|row| filter.lets_through(*row)).filter_map(|row| row.view.name.chars().next()).collect()
    };
    for (text, expected) in [
        ("@slow", "le"),
        ("@bad", "cl"),
        ("@both", "l"),
        ("!@both", "abcef"),
        ("is:running|@bad", "acl"),
        ("@slow|@bad", "cle"),
        ("@slow|running", "ale"),
        ("@slow is:cancelled", "e"),
        ("@fast", "b"),
    ] {
        let found: String = found(text);
        assert_eq!(found, expected, "{text}");
    }
    assert!(Filter::new("@fast", &vocabulary).asks_for_stats() && !Filter::new("@slow", &vocabulary).asks_for_stats());
    // Round a circle nothing is said; what is wrong inside is told where the name stands.
    for text in ["@round", "@odd", "@slwo", "@"] {
        let filter = Filter::new(text, &vocabulary);
        let problem = filter.problem().unwrap();
        assert_eq!(problem.at, 0..text.len(), "{}", problem.why);
        assert_eq!(problem.why.contains("did you mean `@slow`"), text == "@slwo", "{}", problem.why);
    }
    assert_eq!(Filter::new("\"@slwo\"", &vocabulary).problem(), None, "in quotes it is text");
    assert_eq!(complete("ab @s", 5, &vocabulary, |_| Vec::new()).ways, ["@slow"]);
    assert_eq!(complete("", 0, &vocabulary, |_| Vec::new()).ways[0], "@about", "what the user has named goes first");
}

#[test]
fn a_comparison_with_nothing_in_front_of_it_is_a_mistake_and_no_text() {
    let problem = |text: &str| Filter::new(text, &Vocabulary::default()).problem().map(|problem| problem.at.clone());
    assert_eq!(problem("ipc >0.4"), Some(4..8));
    assert_eq!(problem("wall <2h"), Some(5..8));
    // In quotes it is text, and somebody may be about to write more.
    assert_eq!((problem("\">0.4\""), problem("a >")), (None, None));
}
