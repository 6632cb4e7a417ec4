//! Any model, any size, any keys: nothing may panic, nothing may reach out of the screen, and what a user needs is there.

use proptest::prelude::*;

use super::fixture::{Dash, attempt, ended, sweep};
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::{Delivery, Eta, Progress, SimView, StageView, Status, Step, Wait, Why};
use crate::text::width::width;
use crate::tui::actions::{Action, Context};
use crate::tui::layout::Areas;
use crate::tui::model::{Focus, Model, Overlay, PromptKind};
use crate::tui::theme::{Colours, Glyph};
use crate::tui::update::Message;

fn status() -> impl Strategy<Value = Status> {
    let phase = prop::sample::select(vec![Phase::Starting, Phase::Building, Phase::Running, Phase::Dumping]);
    let kind = prop::sample::select(OutcomeKind::ALL.to_vec());
    let step = prop::sample::select(vec![Step::Interrupt, Step::Terminate, Step::Kill]);
    prop_oneof![
        Just(Status::Blocked),
        Just(Status::Queued),
        Just(Status::Launching),
        Just(Status::Submitted),
        Just(Status::Paused),
        any::<u64>().prop_map(|left_ms| Status::Backoff { left_ms }),
        phase.prop_map(|phase| Status::Running { phase }),
        (step, any::<Option<u64>>()).prop_map(|(signal, left_ms)| Status::Stopping {
            stage: StageView { signal, delivery: Delivery::Sent, left_ms }
        }),
        (kind, ".{0,60}").prop_map(|(kind, cause)| Status::Ended { outcome: Outcome::new(kind, cause) }),
    ]
}

fn why() -> impl Strategy<Value = Why> {
    prop_oneof![
        Just(Why::Nothing),
        Just(Why::Place { wait: Wait::Cap }),
        ".{0,80}".prop_map(|name| Why::Needs { name }),
        ".{0,80}".prop_map(|name| Why::NeedsLater { name }),
        ".{0,80}".prop_map(|name| Why::NeedsHeld { name }),
        Just(Why::Place { wait: Wait::Held }),
        Just(Why::Place { wait: Wait::Next }),
        ".{0,80}".prop_map(|said| Why::Submitted { said }),
    ]
}

fn progress() -> impl Strategy<Value = Progress> {
    (any::<Option<u64>>(), any::<Option<f64>>(), any::<Option<u64>>(), any::<u32>()).prop_map(
        |(ticks, fraction, eta_ms, dumps)| Progress {
            ticks,
            fraction,
            eta: eta_ms.map(|ms| Eta { low_ms: ms, high_ms: ms }),
            dumps: Some(dumps),
            ..Progress::default()
        },
    )
}

pub(super) fn simulation() -> impl Strategy<Value = SimView> {
    (0..40u32, ".{0,40}", status(), why(), progress(), prop::collection::vec(any::<Option<f64>>(), 0..5), 0..4u32)
        .prop_map(|(id, name, status, why, progress, values, attempts)| {
            let mut view = sweep().remove(0);
            view.attempts = (1..=attempts)
                .map(|n| match n {
                    n if n == attempts => attempt(&name, n),
                    n => ended(attempt(&name, n), OutcomeKind::Segv, "SIGSEGV", u64::from(n)),
                })
                .collect();
            SimView { id, name, status, why, progress, values, ..view }
        })
}

fn keys() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "j",
        "k",
        "g",
        "G",
        "<C-d>",
        "<C-u>",
        "<pgup>",
        "<pgdn>",
        "<tab>",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "m",
        "%",
        "t",
        "H",
        "V",
        "u",
        "x",
        "F",
        "b",
        "v",
        "d",
        "D",
        "2w",
        "z",
        "<enter>",
        "<space>",
        "a",
        "p",
        "P",
        "c",
        "r",
        "R",
        "+",
        "-",
        "/",
        "n",
        "N",
        "S",
        "T",
        "C",
        "<lt>",
        ">",
        "m",
        "v",
        "f",
        "w",
        "o",
        "[",
        "]",
        "e",
        "y",
        "t",
        "?",
        "q",
        "<esc>",
        "h",
        "l",
        "A",
        "<left>",
        "<right>",
        "é",
        "日",
        "<bs>",
        "<C-w>",
        ":",
        ":log",
        "9",
        "12G",
        "<C-c>",
        "<tab>",
        "<up>",
        "<down>",
        "<C-g>",
        "\\",
        "}",
        "{",
        "0",
        "$",
        "<C-r>",
        ",",
        ".",
        ";",
        "&",
        "&!x<enter>",
        "O",
        "Ocon",
        "ma",
        "'a",
        "Ya",
        "x",
        "x<enter>",
        "|",
        "|wc -l<enter>",
        "u",
    ]);
    prop::collection::vec(key, 0..40).prop_map(|keys| keys.concat())
}

/// What somebody looks for in the last line: what they type, what they are told, or the way to help.
fn wanted_in_footer(model: &Model) -> String {
    match (model.prompt(), &model.toast) {
        (Some(prompt), _) => match prompt.kind {
            PromptKind::Palette => " :",
            PromptKind::HelpFilter | PromptKind::LogSearch { backwards: false, is_literal: false } => "search:",
            PromptKind::LogSearch { .. } => "search ",
            PromptKind::LogFilter { .. } => "show only",
            PromptKind::Grep => "search all",
            PromptKind::SaveLog => "save to:",
            PromptKind::PipeLog => "pipe to:",
            PromptKind::Output => "output:",
            PromptKind::Cap => "at once:",
            PromptKind::FilterName => "name of",
            PromptKind::ListFilter | PromptKind::StatsFilter => "filter:",
            PromptKind::ResultsDump => "dump:",
            PromptKind::ResultsFile => "export to:",
            PromptKind::ResultsView => "save view",
        }
        .to_owned(),
        // As much as any screen has room for, and any terminal shows as it is.
        (None, Some(toast)) => toast.text.chars().take(8).take_while(char::is_ascii).collect(),
        // Nothing is seen, so how it comes back goes first.
        (None, None) if model.focus == Focus::List && model.list.is_filtered() && model.list.lines().is_empty() => {
            model.keymap.key(Context::Everywhere, Action::Back).unwrap().show(model.theme.unicode)
        }
        (None, None) => model.keymap.key(Context::Everywhere, Action::Help).unwrap().show(model.theme.unicode),
    }
}

/// What somebody looks for in what lies over the panes: its title, or the choice that changes nothing.
fn wanted_in_overlay(model: &Model) -> Option<&'static str> {
    match model.overlay.as_ref()? {
        Overlay::Help(_) => Some("Keys"),
        Overlay::Palette(_) => Some("Commands"),
        Overlay::Outputs(_) => Some("Outputs"),
        Overlay::Failures(_) => Some("Failures"),
        Overlay::Sort { .. } => Some("Order by"),
        Overlay::Columns { .. } => Some("Columns"),
        Overlay::Map => Some("Map"),
        Overlay::Groups { .. } => Some("Group by"),
        Overlay::Dumps { .. } => Some("Dumps"),
        Overlay::Grep => Some("Logs"),
        Overlay::Confirm(confirm) => Some(confirm.no),
        Overlay::Begin { .. } => Some("leave"),
        Overlay::Quit { .. } => Some("stay"),
        Overlay::Cell { .. } | Overlay::Prompt(_) => None,
    }
}

/// What holds for every screen. A screen with hardly any room may leave out what is said here to be there.
fn check_screen(dash: &Dash) {
    let (model, buf) = (&dash.model, dash.draw());
    let text = dash.text();
    for y in 0..buf.area.height {
        for x in 0..buf.area.width {
            let symbol = buf[(x, y)].symbol();
            assert!(usize::from(x) + width(symbol) <= usize::from(buf.area.width), "{symbol:?} at {x} {y}\n{text}");
        }
    }
    assert!(model.theme.unicode || text.is_ascii(), "{text}");
    let areas = Areas::of(model);
    let row = |y: u16| -> String { (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect() };
    let is_covered = model.overlay.as_ref().is_some_and(|overlay| !matches!(overlay, Overlay::Prompt(_)));
    if areas.footer.area() > 0 && buf.area.width >= 12 && !is_covered {
        let footer = row(areas.footer.y);
        let wanted = wanted_in_footer(model);
        assert!(footer.contains(&wanted), "{wanted:?} is not in the footer\n{text}");
    }
    if is_covered {
        if let Some(wanted) = wanted_in_overlay(model).filter(|_| buf.area.width >= 30 && buf.area.height >= 10) {
            assert!(text.contains(wanted), "{wanted:?} is not on the screen\n{text}");
        }
        return;
    }
    if areas.header.area() > 0 && buf.area.width >= 12 {
        let name = if model.header.is_some() { "l2-sweep" } else { "waiting" };
        assert!(row(areas.header.y).contains(name), "no header\n{text}");
    }
    let inner = areas.inner(areas.list);
    if inner.area() > 0 && areas.list_rows() > 0 && !model.list.lines().is_empty() {
        let at = model.list.position().expect("a list that is not empty has a cursor");
        let line = at.checked_sub(model.list.offset).filter(|line| *line < areas.list_rows());
        let line = line.unwrap_or_else(|| panic!("the selected row is not on the screen\n{text}"));
        let y = inner.y + u16::from(areas.framed) + line as u16;
        let marks = [model.theme.glyph(Glyph::Cursor), model.theme.glyph(Glyph::Marked)];
        assert!(marks.contains(&buf[(inner.x, y)].symbol()), "no cursor in row {y}\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_model_is_drawn_whole_at_any_size(
        sims in prop::collection::vec(simulation(), 0..30),
        sizes in prop::collection::vec((1..=220u16, 1..=70u16), 1..5),
        keys in prop::collection::vec(keys(), 1..5),
        log in ".{0,300}(\n.{0,300}){0,40}",
        looks in (any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let (unicode, colour, known) = looks;
        let mut dash = Dash::new(sizes[0].0, sizes[0].1);
        dash.model.theme.unicode = unicode;
        dash.model.theme.colours = if colour { Colours::Dark } else { Colours::None };
        if known {
            dash.header(|header| header.notice = unicode.then(|| "disk full".to_owned()));
        }
        dash.sims(sims);
        for (at, (width, height)) in sizes.into_iter().enumerate() {
            dash.send(Message::Resize(width, height));
            dash.read_log(&log);
            dash.read_stats();
            dash.read_files();
            dash.read_info();
            dash.read_failure(&log);
            check_screen(&dash);
            for part in &keys {
                dash.keys(part);
                dash.read_log(&log);
                dash.read_failure(&log);
                check_screen(&dash);
            }
            if at == 2 {
                dash.send(Message::LinkClosed);
            }
        }
    }
}

#[test]
fn every_small_size_and_a_huge_one_can_be_drawn() {
    for width in (1..30).chain([500]) {
        for height in (1..14).chain([200]) {
            let mut dash = Dash::running(width, height);
            for keys in ["", "?", "<esc>q", "<esc><space>c", "<esc>/x", "<esc><tab>2", "4", "3"] {
                dash.keys(keys);
                dash.draw();
            }
        }
    }
}

#[test]
fn a_screen_of_one_row_still_says_something() {
    let dash = Dash::running(20, 1);
    assert!(dash.text().contains("stopping"), "{:?}", dash.text());
    let dash = Dash::running(60, 3);
    assert!(dash.text().contains("l2-sweep"), "{:?}", dash.text());
}
