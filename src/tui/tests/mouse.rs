//! What hands do with a mouse: what is written under it is what it means.

use proptest::prelude::*;
use ratatui::crossterm::event::{MouseButton, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::fixture::{Dash, LOG};
use super::random::simulation;
use crate::protocol::Request;
use crate::rundir::Panes;
use crate::tui::actions::{Action, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::list::Line;
use crate::tui::model::sort::Sort;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{BeginChoice, Focus, Overlay};
use crate::tui::reading::{Keep, Top};
use crate::tui::update::{Command, Leave, Message};

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);
const RELEASE: MouseEventKind = MouseEventKind::Up(MouseButton::Left);

const SIZES: [(u16, u16); 5] = [(200, 60), (120, 40), (100, 15), (80, 24), (40, 12)];

/// What is written in an area of one row.
fn written(dash: &Dash, area: Rect) -> String {
    let buf = dash.draw();
    (area.x..area.right()).map(|x| buf[(x, area.y)].symbol()).collect::<String>().trim().to_owned()
}

/// Every spot that can be hit, with its area.
fn seen(dash: &Dash) -> Vec<(Rect, Spot)> {
    let (_, spots) = dash.frame();
    let can_be_hit = |(area, spot): &&(Rect, Spot)| spots.at(area.as_position()) == Some(spot);
    spots.all().iter().filter(can_be_hit).cloned().collect()
}

fn requests(dash: &Dash) -> Vec<Request> {
    dash.requests().into_iter().cloned().collect()
}

fn layer(dash: &Dash) -> String {
    let overlay = format!("{:?}", dash.model.overlay);
    overlay.split(['{', '('].as_slice()).take(2).collect()
}

#[test]
fn a_press_on_a_row_selects_what_is_written_there_at_every_size() {
    for (width, height) in SIZES {
        let mut dash = Dash::running(width, height);
        let rows: Vec<(Rect, u32)> = seen(&dash)
            .into_iter()
            .filter_map(|(area, spot)| if let Spot::Line(Line::Row(id)) = spot { Some((area, id)) } else { None })
            .collect();
        assert!(rows.len() > 2, "{width}x{height}");
        for (area, id) in rows {
            dash.now_ms += 1_000;
            let line = written(&dash, area);
            dash.click(Position::new(area.right() - 1, area.y));
            assert_eq!(dash.model.list.selected(), Some(id));
            let name: String = dash.selected().chars().take(6).collect();
            assert!(line.contains(&name), "{name} is not in {line:?}");
        }
    }
}

#[test]
fn the_second_press_opens_what_the_first_one_has_selected_and_only_at_once() {
    let mut dash = Dash::running(120, 40);
    let row = dash.place(&Spot::Line(Line::Row(3)));
    dash.click(row);
    dash.now_ms += 2_000;
    dash.click(row);
    assert!(!dash.model.zoomed, "two slow presses are no double click");
    dash.now_ms += 100;
    dash.click(row);
    assert_eq!((dash.model.zoomed, dash.model.focus, dash.selected()), (true, Focus::Detail, "stream-l2_2MiB"));
    // What the first two have brought under the mouse is not meant by a third.
    let before = layer(&dash);
    dash.now_ms += 100;
    dash.click(row);
    assert_eq!((layer(&dash), dash.model.zoomed), (before, true));
}

#[test]
fn a_head_orders_by_its_column_and_a_second_press_turns_it_round() {
    let mut dash = Dash::running(200, 60);
    for sort in [Sort::Name, Sort::Stat(1), Sort::Elapsed, Sort::Status] {
        dash.click_on(&Spot::Head(Some(sort.clone())));
        assert_eq!((dash.model.list.sort(), dash.model.list.is_reversed()), (sort.clone(), false));
        dash.click_on(&Spot::Head(Some(sort.clone())));
        assert_eq!((dash.model.list.sort(), dash.model.list.is_reversed()), (sort, true));
    }
    let name = seen(&dash).into_iter().find(|(_, spot)| *spot == Spot::Head(Some(Sort::Name))).expect("a head");
    assert_eq!(written(&dash, name.0), "name");
}

#[test]
fn a_press_on_the_name_of_a_tab_shows_it() {
    for (width, height) in SIZES {
        let mut dash = Dash::running(width, height);
        if Areas::of(&dash.model).split.is_none() {
            dash.keys("<tab>");
        }
        for tab in Tab::ALL {
            let (area, _) = seen(&dash).into_iter().find(|(_, spot)| *spot == Spot::Tab(tab)).expect("a tab");
            assert_eq!(written(&dash, area), tab.word(), "{width}x{height}");
            dash.click_on(&Spot::Tab(tab));
            assert_eq!((dash.model.tab, dash.model.focus), (tab, Focus::Detail));
        }
    }
}

#[test]
fn a_press_in_a_pane_gives_it_the_keys() {
    let mut dash = Dash::running(120, 40);
    dash.click_on(&Spot::Detail);
    assert_eq!(dash.model.focus, Focus::Detail);
    let log = dash.model.log.top;
    dash.click_on(&Spot::Detail).click_on(&Spot::List);
    assert_eq!((dash.model.focus, dash.model.log.top), (Focus::List, log));
    assert!(dash.requests().is_empty());
}

#[test]
fn rows_of_the_tabs_are_selected_and_opened() {
    let mut dash = Dash::running(120, 40);
    dash.keys("2");
    dash.click_on(&Spot::Stat(4));
    assert_eq!((dash.model.stats.selected, dash.model.focus), (4, Focus::Detail));
    dash.keys("3");
    dash.read_files();
    dash.click_on(&Spot::File(1));
    assert_eq!(dash.model.files.selected, 1);
    let at = dash.place(&Spot::File(5));
    dash.click(at).click(at);
    assert_eq!(dash.model.tab, Tab::Log);
}

#[test]
fn what_stands_in_the_footer_is_as_good_as_its_key() {
    for (width, before) in
        [(200, ""), (120, ""), (80, ""), (160, "<tab>"), (120, "?"), (120, "S"), (120, "m"), (120, "c")]
    {
        let dash = || {
            let mut dash = Dash::running(width, 40);
            dash.keys("j").keys(before);
            dash
        };
        let all: Vec<Action> = seen(&dash())
            .into_iter()
            .filter_map(|(_, spot)| if let Spot::Key(a) = spot { Some(a) } else { None })
            .collect();
        assert!(all.len() > 2, "{width} {before}");
        for action in all {
            let (mut pressed, mut typed) = (dash(), dash());
            pressed.click_on(&Spot::Key(action));
            let chord = typed.model.contexts().into_iter().find_map(|context| typed.model.keymap.key(context, action));
            typed.now_ms += 1_000;
            typed.send(Message::Key(event(&chord.expect("it has a key").to_string())));
            let state = |dash: &Dash| {
                let model = &dash.model;
                (layer(dash), model.focus, model.tab, model.zoomed, model.list.position(), requests(dash), dash.left())
            };
            assert_eq!(state(&pressed), state(&typed), "{action:?} at {width} {before}");
        }
    }
}

fn event(chord: &str) -> ratatui::crossterm::event::KeyEvent {
    use super::fixture::events;
    let named = match chord {
        "enter" | "esc" | "tab" | "up" | "down" | "left" | "right" | "space" => format!("<{chord}>"),
        "shift+tab" => "<S-tab>".to_owned(),
        "ctrl+g" => "<C-g>".to_owned(),
        other => other.to_owned(),
    };
    events(&named)[0]
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_not_what_has_the_keys() {
    let mut dash = Dash::running(120, 40);
    dash.read_log(&LOG.repeat(20));
    let log = dash.place(&Spot::Detail);
    assert_eq!((dash.model.focus, dash.model.log.top), (Focus::List, Top::End));
    dash.mouse(MouseEventKind::ScrollUp, log.x + 5, log.y + 5);
    assert_ne!(dash.model.log.top, Top::End, "the log has moved");
    assert_eq!((dash.model.focus, dash.model.list.position()), (Focus::List, Some(0)));
    // Where all of it is seen there is nothing to scroll.
    let list = dash.place(&Spot::Line(Line::Row(2)));
    dash.mouse(MouseEventKind::ScrollDown, list.x, list.y);
    assert_eq!((dash.model.list.offset, dash.model.list.position()), (0, Some(0)));
    let mut low = Dash::running(80, 18);
    let at = low.place(&Spot::Line(Line::Row(2)));
    low.keys("<tab>");
    low.mouse(MouseEventKind::ScrollDown, at.x, at.y);
    assert_eq!((low.model.list.offset, low.model.focus), (3, Focus::Detail));
    assert!(low.model.list.position() >= Some(3), "the cursor stays on the screen");
}

#[test]
fn the_wheel_scrolls_what_lies_over_the_panes_and_nothing_below_it() {
    let mut dash = Dash::running(80, 24);
    dash.keys("?");
    let inside = dash.place(&Spot::Inside);
    dash.mouse(MouseEventKind::ScrollDown, inside.x, inside.y);
    assert!(matches!(&dash.model.overlay, Some(Overlay::Help(help)) if help.offset == 3));
    dash.keys("<esc>jc");
    assert!(matches!(dash.model.overlay, Some(Overlay::Confirm(_))));
    let before = dash.text();
    for y in 0..24 {
        dash.mouse(MouseEventKind::ScrollDown, 40, y);
    }
    assert_eq!(dash.text(), before, "a question is not answered by a wheel");
}

#[test]
fn what_asks_is_asked_of_the_mouse_too_and_a_double_click_is_no_answer() {
    let mut dash = Dash::running(120, 40);
    dash.keys("j");
    let at = dash.place(&Spot::Key(Action::Cancel));
    dash.click(at).click(at).click(at);
    assert!(matches!(&dash.model.overlay, Some(Overlay::Confirm(confirm)) if !confirm.yes_focused), "{}", dash.text());
    dash.click_on(&Spot::No);
    assert!(dash.model.overlay.is_none() && dash.requests().is_empty());
    dash.click_on(&Spot::Key(Action::Cancel)).click_on(&Spot::Outside);
    assert!(dash.model.overlay.is_none() && dash.requests().is_empty());
    // Who presses and thinks better of it moves away.
    dash.click_on(&Spot::Key(Action::Cancel));
    let (yes, no) = (dash.place(&Spot::Yes), dash.place(&Spot::No));
    dash.mouse(PRESS, yes.x, yes.y).mouse(RELEASE, no.x, no.y);
    assert!(dash.requests().is_empty());
    dash.keys("<enter>");
    assert!(dash.requests().is_empty(), "nor is the focus left there");
    dash.click_on(&Spot::Key(Action::Cancel)).click_on(&Spot::Yes);
    assert_eq!(dash.requests(), [&Request::Cancel { sims: vec![2] }]);
}

#[test]
fn a_double_click_on_a_key_does_not_take_back_what_the_first_half_did() {
    let mut dash = Dash::running(120, 40);
    // The first one is being stopped already: a second time would go one step further.
    let at = dash.place(&Spot::Key(Action::Cancel));
    dash.click(at).click(at);
    assert_eq!(dash.requests().len(), 1);
    dash.now_ms += 2_000;
    dash.click(at);
    assert_eq!(dash.requests().len(), 2, "who waits and clicks again means it");
    let mut dash = Dash::running(300, 40);
    let at = dash.place(&Spot::Key(Action::RaiseCap));
    dash.click(at).click(at);
    assert_eq!(dash.requests(), [&Request::SetCap { cap: 5 }, &Request::SetCap { cap: 6 }]);
}

#[test]
fn nobody_is_thrown_out_by_a_press_beside_a_question() {
    let mut dash = Dash::running(120, 40);
    dash.model.overlay = Some(Overlay::Begin { choice: BeginChoice::Start });
    dash.click_on(&Spot::Outside).click_on(&Spot::Inside);
    assert_eq!(dash.left(), None);
    assert!(matches!(dash.model.overlay, Some(Overlay::Begin { .. })) && dash.requests().is_empty());
    dash.click_on(&Spot::Choice(1));
    assert!(matches!(dash.requests()[..], [Request::SetQueue { .. }]));
    let mut dash = Dash::running(120, 40);
    dash.keys("q").click_on(&Spot::Outside);
    assert!(dash.left().is_none() && dash.model.overlay.is_none());
    dash.keys("q").click_on(&Spot::Choice(1));
    assert_eq!(dash.left(), Some(Leave::Detached { queue_is_open: true, is_live: true }));
}

#[test]
fn menus_take_what_is_pressed() {
    let mut dash = Dash::running(120, 40);
    dash.keys("S").click_on(&Spot::Choice(2));
    assert_eq!(dash.model.list.sort(), Sort::Name);
    dash.keys("C").click_on(&Spot::Choice(0)).click_on(&Spot::Choice(1));
    assert_eq!(dash.model.choice.said.len(), 2, "the menu stays open for the next one");
    dash.click_on(&Spot::Outside);
    assert!(dash.model.overlay.is_none());
    dash.keys(":stats").click_on(&Spot::Choice(0));
    assert_eq!(dash.model.tab, Tab::Stats);
    dash.keys(":stats").click_on(&Spot::Outside);
    assert!(dash.model.overlay.is_none());
    dash.keys("<esc>m").click_on(&Spot::Choice(4));
    assert_eq!(dash.model.list.position(), Some(4));
}

#[test]
fn a_press_beside_a_filter_keeps_what_is_seen_and_beside_other_words_does_nothing() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/stream").click_on(&Spot::Detail);
    assert_eq!((dash.model.list.filter(), dash.model.overlay.is_none()), ("stream", true));
    dash.keys("<esc>#9").click_on(&Spot::List);
    assert!(dash.requests().is_empty() && dash.model.overlay.is_none());
}

#[test]
fn what_stands_between_the_panes_is_dragged_and_kept_once() {
    let kept = |dash: &Dash| -> Vec<Panes> {
        let panes = |command: &Command| match command {
            Command::Keep(Keep::Choices { choices, .. }) => Some(choices.panes),
            _ => None,
        };
        dash.commands.iter().filter_map(panes).collect()
    };
    for (width, height) in [(120, 40), (80, 24)] {
        let mut dash = Dash::running(width, height);
        let size = |dash: &Dash| Areas::of(&dash.model).split.expect("two panes").list();
        let usual = size(&dash);
        let at = dash.place(&Spot::Splitter);
        dash.mouse(PRESS, at.x, at.y);
        assert_eq!(size(&dash), usual, "to take hold of it moves nothing");
        let (across, down) = if width >= 100 { (1, 0) } else { (0, 1) };
        for step in 1..4 {
            dash.mouse(DRAG, at.x - step * across, at.y + step * down);
            let moved = i32::from(step) * if across > 0 { -1 } else { 1 };
            assert_eq!(i32::from(size(&dash)) - i32::from(usual), moved, "{width}x{height}");
        }
        assert!(kept(&dash).is_empty());
        dash.mouse(RELEASE, 0, 0);
        assert_eq!(kept(&dash), [dash.model.panes]);
        dash.mouse(DRAG, 0, 0);
        assert_eq!(kept(&dash).len(), 1, "who has let go drags nothing");
        dash.now_ms += 1_000;
        let at = dash.place(&Spot::Splitter);
        dash.click(at).click(at);
        assert_eq!((size(&dash), kept(&dash).pop()), (usual, Some(Panes::default())));
    }
}

#[test]
fn no_drag_makes_a_pane_useless() {
    let mut dash = Dash::running(120, 40);
    let at = dash.place(&Spot::Splitter);
    dash.mouse(PRESS, at.x, at.y);
    for x in [0, 119, u16::MAX] {
        dash.mouse(DRAG, x, at.y);
        let areas = Areas::of(&dash.model);
        assert!(areas.list.width >= 36 && areas.detail.width >= 36, "{areas:?}");
    }
}

#[test]
fn a_press_means_what_was_seen_when_it_was_made() {
    let mut dash = Dash::running(120, 40);
    let (_, spots) = dash.frame();
    let at = dash.place(&Spot::Line(Line::Row(7)));
    // The list is put in another order before the press is looked at.
    dash.keys("TT").keys("T");
    dash.mouse_on(&spots, PRESS, at.x, at.y);
    assert_eq!(dash.model.list.selected(), Some(7));
    // A question that came in the meantime is not answered by it, nor is what lies below.
    let (_, spots) = dash.frame();
    let selected = dash.model.list.selected();
    dash.now_ms += 1_000;
    dash.keys("c");
    for y in 0..40 {
        dash.mouse_on(&spots, PRESS, 60, y).mouse_on(&spots, RELEASE, 60, y);
    }
    assert!(matches!(dash.model.overlay, Some(Overlay::Confirm(_))));
    assert_eq!((dash.model.list.selected(), dash.requests().is_empty()), (selected, true));
}

#[test]
fn the_mouse_can_be_left_to_the_terminal() {
    let mut dash = Dash::running(120, 40);
    let is_told = |dash: &Dash, on: bool| matches!(dash.commands.last(), Some(Command::Mouse(is_on)) if *is_on == on);
    dash.keys("B");
    assert!(is_told(&dash, false) && dash.model.toast.is_some());
    let before = dash.model.list.selected();
    dash.click_on(&Spot::Line(Line::Row(5))).click_on(&Spot::Tab(Tab::Info)).click_on(&Spot::Key(Action::Help));
    assert_eq!((dash.model.list.selected(), dash.model.tab, layer(&dash)), (before, Tab::Log, "None".to_owned()));
    dash.keys("B");
    assert!(is_told(&dash, true));
    dash.click_on(&Spot::Line(Line::Row(5)));
    assert_eq!(dash.model.list.selected(), Some(5));
}

#[test]
fn the_mouse_can_be_left_to_the_terminal_from_every_tab() {
    // In a log somebody wants to select text with it.
    for tab in ["1", "2", "3", "4", "5", "6"] {
        let mut dash = Dash::running(120, 40);
        dash.keys(tab);
        dash.model.focus = Focus::Detail;
        dash.keys("B");
        assert!(matches!(dash.commands.last(), Some(Command::Mouse(false))), "tab {tab}");
    }
}

#[test]
fn a_mouse_that_only_moves_draws_nothing() {
    let mut dash = Dash::running(120, 40);
    dash.model.dirty = false;
    for x in 0..120 {
        dash.mouse(MouseEventKind::Moved, x, 20).mouse(DRAG, x, 20).mouse(
            MouseEventKind::Up(MouseButton::Right),
            x,
            20,
        );
    }
    assert!(!dash.model.dirty);
}

fn kinds() -> impl Strategy<Value = MouseEventKind> {
    prop::sample::select(vec![
        PRESS,
        PRESS,
        RELEASE,
        RELEASE,
        DRAG,
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::Up(MouseButton::Middle),
        MouseEventKind::Moved,
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollLeft,
        MouseEventKind::ScrollRight,
    ])
}

/// A place, which is brought onto the screen.
fn place() -> impl Strategy<Value = (u16, u16)> {
    (any::<u16>(), any::<u16>())
}

/// What may be asked of the engine by the mouse: what has its name written under it.
fn is_named(spot: Option<&Spot>) -> bool {
    matches!(spot, Some(Spot::Key(_) | Spot::Yes | Spot::Choice(_)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_mouse_panics_or_asks_for_what_is_not_written_under_it(
        sims in prop::collection::vec(simulation(), 0..30),
        sizes in prop::collection::vec((1..=160u16, 1..=50u16), 1..4),
        opens in prop::collection::vec(
            prop::sample::select(vec!["", "?", "S", "C", "c", "q", "m", "v", "F", ":", ":e", "/a", "<tab>", "2", "3", "4", "5", "6", "z", "O", "#"]),
            1..6,
        ),
        events in prop::collection::vec((kinds(), place(), 0..600u64, any::<bool>()), 1..40),
        is_begun in any::<bool>(),
    ) {
        let mut dash = Dash::new(sizes[0].0, sizes[0].1);
        dash.header(|_| {});
        dash.sims(sims);
        dash.read_log(LOG);
        dash.read_stats();
        dash.read_files();
        if is_begun {
            dash.model.overlay = Some(Overlay::Begin { choice: BeginChoice::Start });
        }
        for (width, height) in &sizes {
            dash.send(Message::Resize(*width, *height));
            for open in &opens {
                dash.keys(open);
                let mut last: Option<Spots> = None;
                for (kind, (x, y), after, is_late) in &events {
                    dash.now_ms += after;
                    // Now and then an event comes from outside, as a broken report tells.
                    let (x, y) = if x % 17 == 0 { (*x, *y) } else { (x % width, y % height) };
                    let spots = match last.take().filter(|_| *is_late) {
                        Some(spots) => spots,
                        None => dash.frame().1,
                    };
                    let count = dash.requests().len();
                    dash.mouse_on(&spots, *kind, x, y);
                    let spot = spots.at(Position::new(x, y));
                    let asked = dash.requests().len() > count;
                    prop_assert!(!asked || *kind == RELEASE && is_named(spot), "{kind:?} on {spot:?} has asked");
                    last = Some(spots);
                }
            }
        }
    }
}
