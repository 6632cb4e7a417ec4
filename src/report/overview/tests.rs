//! What a reader of a report sees, whoever chose the names in it.

use super::*;
use crate::report::plot::Plot;
use crate::report::table::{Cell, Column, Row, Value};
use crate::text::Safe;

fn value(number: f64) -> Cell {
    Cell::Value(Value {
        number,
        error: None,
        count: 1,
        digits: None,
        is_provisional: false,
        notes: Vec::new(),
        simulations: Vec::new(),
    })
}

/// A metric for each row of one column.
fn table(labels: &[&str]) -> Table {
    Table {
        title: "ipc".to_owned(),
        unit: None,
        row_names: vec!["l2".to_owned()],
        column_names: vec!["wl".to_owned()],
        columns: vec![Column { labels: vec!["mcf".to_owned()], is_mean: false }],
        rows: labels
            .iter()
            .map(|label| Row { labels: vec![(*label).to_owned()], is_baseline: false, cells: vec![value(1.5)] })
            .collect(),
        pipeline: Vec::new(),
        notes: Vec::new(),
        excluded: Vec::new(),
        versions: Vec::new(),
    }
}

fn every_block(text: &str) -> Overview {
    let table = table(&["256KiB", text]);
    let svg = Plot::usual(table.clone()).figure().unwrap().svg();
    let blocks = vec![
        Block::Heading(text.to_owned()),
        Block::Text(text.to_owned()),
        Block::Facts(vec![Fact { name: "file", values: vec![text.to_owned(), text.to_owned()] }]),
        Block::Results(Box::new(table)),
        Block::Figure { name: text.to_owned(), title: text.to_owned(), svg },
        Block::Grid { columns: vec!["a", "b"], rows: vec![vec![text.to_owned(), text.to_owned()]] },
        Block::Code { summary: Some(text.to_owned()), language: "sh", text: format!("{text}\nsecond ``` line") },
        Block::Code { summary: None, language: "yaml", text: text.to_owned() },
    ];
    let tally = |word: &str, count, tone| Tally { word: word.to_owned(), count, tone };
    Overview {
        title: text.to_owned(),
        abstracted: text.to_owned(),
        tally: vec![tally("ok", 1200, Tone::Good), tally("failed", 0, Tone::Bad), tally("queued", 3, Tone::Neutral)],
        sections: vec![
            Section { title: text.to_owned(), blocks },
            Section { title: "last".to_owned(), blocks: vec![Block::Text("end".to_owned())] },
        ],
    }
}

#[test]
fn what_strangers_chose_is_text_and_nothing_else() {
    let evil = "<script>x</script> \u{1b}[2J & \"q\" | [a](http://b) <!-- -->";
    let page = html(&every_block(evil)).to_string();
    assert!(!page.contains("<script") && !page.contains('\u{1b}') && !page.contains("<!--"), "{page}");
    assert!(page.contains("&lt;script&gt;"));
    // Nothing is loaded from anywhere.
    assert!(!page.contains("src=") && !page.contains("url(h") && !page.contains("@import"), "{page}");
    let text = markdown(&every_block(evil), None).to_string();
    // In a fence it stands as it is.
    let outside = text.replace(&format!("\n{}\n", Safe::line(evil)), "");
    assert!(!outside.contains("<script") && !outside.contains("[a](") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn elements_of_a_page_are_closed_and_have_names_of_their_own() {
    let page = html(&every_block("plain")).to_string();
    for element in ["section", "dl", "table", "figure", "div", "ul", "details", "pre", "svg", "nav", "header", "main"] {
        let count = |tag: String| page.matches(&tag).count();
        assert_eq!(count(format!("<{element}")), count(format!("</{element}>")), "{element}\n{page}");
    }
    let mut names: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(names.contains(&link), "{link}");
    }
}

#[test]
fn what_there_is_none_of_is_not_told() {
    let (page, text) = (html(&every_block("a")).to_string(), markdown(&every_block("a"), None).to_string());
    assert!(page.contains("<b>1,200</b> ok") && !page.contains("failed"));
    assert!(text.contains("**1,200** ok · **3** queued"), "{text}");
    assert_eq!(Section::of("empty", Vec::new()), None);
}

#[test]
fn a_fence_is_longer_than_what_it_holds() {
    let text = markdown(&every_block("a"), None).to_string();
    assert!(text.contains("\n````sh\na\nsecond ``` line\n````\n"), "{text}");
}

#[test]
fn markdown_in_a_file_has_its_figures_beside_it_under_names_of_their_own() {
    let mut report = every_block("ipc & co");
    let again = report.sections[0].blocks.clone();
    report.sections[1].blocks.extend(again);
    let named = figures(&report, "my report");
    let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["my report-ipc___co.svg", "my report-ipc___co-2.svg"]);
    assert!(named.iter().all(|(_, svg)| svg.as_str().starts_with("<svg")));
    let text = markdown(&report, Some("my report")).to_string();
    for link in ["(my%20report-ipc___co.svg)", "(my%20report-ipc___co-2.svg)"] {
        assert_eq!(text.matches(link).count(), 1, "{text}");
    }
    // What is printed has no files.
    assert!(!markdown(&report, None).as_str().contains(".svg"));
    // A name leads nowhere else.
    let named = figures(&every_block("../../etc/x"), "r").swap_remove(0).0;
    assert!(!named.contains('/'), "{named}");
}
