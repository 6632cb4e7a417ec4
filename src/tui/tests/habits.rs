//! What hands do that come from other programs: a key that means nothing, `q` in a pager, `:` and a word, a number before `G`.

use super::fixture::{Dash, LOG, end, sweep};
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::{Counts, QueueState, Request, Status};
use crate::tui::actions::Tab;
use crate::tui::model::{Focus, Overlay};
use crate::tui::reading::Sought;
use crate::tui::update::Leave;

fn running() -> Dash {
    Dash::running(120, 40)
}

fn toast(dash: &Dash) -> &str {
    dash.model.toast.as_ref().map_or("", |toast| toast.text.as_str())
}

/// Everything has ended.
fn done() -> Dash {
    let mut dash = running();
    let mut sims = sweep();
    for sim in &mut sims {
        sim.status = Status::Ended { outcome: Outcome::new(OutcomeKind::Ok, String::new()) };
    }
    let mut counts = crate::protocol::Counts::default();
    for sim in &sims {
        counts.add(&sim.status);
    }
    dash.header(|header| header.counts = counts);
    dash.sims(sims);
    dash
}

#[test]
fn a_key_that_does_nothing_says_so_once() {
    let mut dash = running();
    dash.keys("Q");
    assert!(toast(&dash).contains("`Q`") && toast(&dash).contains('?'), "{}", toast(&dash));
    dash.model.dirty = false;
    dash.keys("QQQ");
    assert!(!dash.model.dirty, "it is said already");
    dash.keys("?Q");
    assert!(toast(&dash).contains("`Q`"));
    assert!(dash.requests().is_empty());
}

#[test]
fn q_closes_what_is_open_before_it_leaves() {
    let mut dash = done();
    dash.keys("<enter>q");
    assert_eq!((dash.left(), dash.model.focus, dash.model.zoomed), (None, Focus::List, false));
    dash.keys("<tab>q");
    assert_eq!((dash.left(), dash.model.focus), (None, Focus::List));
    dash.keys("?q");
    assert!(dash.left().is_none() && dash.model.overlay.is_none());
    dash.keys("q");
    assert_eq!(dash.left(), Some(Leave::Idle));
}

#[test]
fn a_letter_chooses_how_to_leave_and_the_choices_go_round() {
    let mut dash = running();
    dash.keys("qs");
    assert!(dash.model.overlay.is_none() && dash.left().is_none());
    dash.keys("q<enter>");
    assert!(dash.model.overlay.is_none() && dash.left().is_none(), "staying is what Enter alone does");
    dash.keys("qd");
    assert_eq!(dash.left(), Some(Leave::Detached { queue_is_open: true, is_live: true }));
    let mut dash = running();
    dash.keys("qr");
    assert_eq!(dash.requests(), [&Request::Drain]);
    let mut dash = running();
    dash.keys("qc");
    assert!(matches!(dash.model.overlay, Some(Overlay::Confirm(_))), "it asks once more");
    assert!(dash.requests().is_empty());
    let mut dash = running();
    dash.keys("qk<enter>");
    assert!(matches!(dash.model.overlay, Some(Overlay::Confirm(_))), "the last choice stands before the first");
    let mut dash = running();
    dash.keys("<C-c><C-c>");
    assert_eq!(
        dash.left(),
        Some(Leave::Detached { queue_is_open: true, is_live: true }),
        "who insists leaves, and everything goes on"
    );
}

#[test]
fn the_palette_does_what_a_word_means() {
    let mut dash = running();
    dash.keys("j:pause<enter>");
    assert_eq!(dash.requests(), [&Request::Pause { sims: vec![2] }]);
    dash.keys(":stats<enter>");
    assert_eq!(dash.model.tab, Tab::Stats);
    // What holds elsewhere is done there.
    dash.keys(":wrap<enter>");
    assert_eq!((dash.model.tab, dash.model.focus, dash.model.log.wrap), (Tab::Log, Focus::Detail, true));
    dash.keys(":q!<enter>");
    assert_eq!(dash.left(), Some(Leave::Detached { queue_is_open: true, is_live: true }));
}

#[test]
fn the_palette_offers_only_what_can_act_and_says_why_the_rest_cannot() {
    let mut dash = running();
    dash.keys("j:");
    let first = dash.text();
    assert!(first.contains("Commands") && first.contains("pause"), "{first}");
    dash.keys("<enter>");
    assert!(dash.model.overlay.is_none() && dash.requests().is_empty(), "Enter on nothing does nothing");
    dash.keys(":retry<enter>");
    assert!(dash.requests().is_empty());
    assert!(toast(&dash).contains("has not ended"), "{}", toast(&dash));
    dash.keys("c");
    assert_eq!(dash.model.prompt().map(|prompt| prompt.input.value()), Some("retryc"), "what follows is still text");
    dash.keys("<enter>");
    assert!(toast(&dash).contains("no action"), "{}", toast(&dash));
    dash.keys("<esc>");
    assert!(dash.model.overlay.is_none());
}

#[test]
fn another_action_that_was_found_can_be_chosen() {
    let mut dash = running();
    dash.keys(":show-<down><enter>");
    assert_eq!(dash.model.tab, Tab::Stats);
    dash.keys(":show-<up><enter>");
    assert_eq!(dash.model.tab, Tab::Results);
}

#[test]
fn a_number_goes_to_a_row_of_the_list() {
    let mut dash = running();
    dash.keys(":3<enter>");
    assert_eq!(dash.model.list.position(), Some(2));
    dash.keys(":99<enter>");
    assert_eq!(dash.model.list.position(), Some(11));
    dash.keys(":1<enter>:$<enter>");
    assert_eq!(dash.model.list.position(), Some(11));
}

#[test]
fn a_number_before_g_goes_to_that_line_of_the_log_though_its_digits_are_keys_of_tabs() {
    let sought = |dash: &Dash| dash.model.log.seeking.as_ref().map(|seeking| seeking.seek.sought.clone());
    let mut dash = running();
    dash.keys("<enter>");
    dash.read_log(LOG);
    dash.keys("15G");
    assert_eq!(dash.model.tab, Tab::Log);
    assert!(matches!(sought(&dash), Some(Sought::Line(15))));
    dash.keys("<esc>90g");
    assert!(matches!(sought(&dash), Some(Sought::Line(90))));
    // Whoever looks at another tab stays there.
    dash.keys("<esc>2G");
    assert_eq!((dash.model.tab, sought(&dash).is_none()), (Tab::Stats, true));
    dash.keys("1");
    dash.now_ms += 60_000;
    dash.keys("4");
    dash.now_ms += 60_000;
    dash.keys("5");
    dash.now_ms += 60_000;
    dash.keys("G");
    assert_eq!((dash.model.tab, sought(&dash).is_none()), (Tab::Why, true));
}

#[test]
fn the_help_is_searched_and_its_signs_are_told() {
    let mut dash = running();
    dash.keys("?");
    let whole = dash.text();
    assert!(whole.contains("Simulations"), "{whole}");
    dash.keys("/cancel");
    let text = dash.text();
    assert!(text.contains("Cancel; again, go one step down at once") && text.contains("⊘ cancelled"), "{text}");
    assert!(!text.contains("Wrap long lines"), "{text}");
    dash.keys("<enter><esc>");
    assert!(dash.text().contains("Simulations"), "the first Esc shows all again");
    dash.keys("/zzz");
    assert!(dash.text().contains("nothing in the help"), "{}", dash.text());
    dash.keys("<esc><esc>");
    assert!(dash.model.overlay.is_none());
}

#[test]
fn the_footer_leaves_out_what_cannot_act() {
    let footer = |dash: &Dash| dash.text().lines().last().unwrap_or_default().to_owned();
    let mut dash = running();
    dash.keys("j");
    assert!(footer(&dash).contains("p pause") && !footer(&dash).contains("r retry  "), "{}", footer(&dash));
    let dash = done();
    assert!(!footer(&dash).contains("p pause") && !footer(&dash).contains("c cancel"), "{}", footer(&dash));
    assert!(footer(&dash).contains("r retry") && footer(&dash).contains("1-6 tabs"), "{}", footer(&dash));
}

#[test]
fn a_question_about_what_has_ended_meanwhile_is_no_longer_asked() {
    let mut dash = Dash::running(120, 40);
    let rows = dash.model.list.rows().values();
    let running = rows.filter(|row| matches!(row.view.status, Status::Running { .. }));
    let [id, other] = [0, 1].map(|at| running.clone().nth(at).unwrap().view.id);
    let name = dash.model.list.rows()[&id].view.name.clone();
    assert!(dash.model.list.select_name(&name));
    dash.keys("c");
    assert!(matches!(dash.model.overlay, Some(Overlay::Confirm(_))));
    dash.sim(other, |view| view.status = end(OutcomeKind::Ok, "done"));
    assert!(matches!(dash.model.overlay, Some(Overlay::Confirm(_))), "another one has ended");
    dash.sim(id, |view| view.status = end(OutcomeKind::Ok, "done"));
    assert!(dash.model.overlay.is_none());
    dash.keys("y");
    assert!(dash.requests().is_empty(), "{:?}", dash.requests());
}

#[test]
fn what_was_said_before_does_not_hide_what_is_said_of_a_filter_now() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/foo<C-x>");
    assert!(dash.model.toast.is_some());
    dash.keys("<C-u>bogus>3");
    assert!(dash.model.toast.is_none());
    assert!(dash.text().lines().last().unwrap().contains("`bogus`"), "{}", dash.text());
}

#[test]
fn who_leaves_a_paused_queue_is_told_what_goes_on_and_what_does_not() {
    for (running, is_live) in [(2, true), (0, false)] {
        let mut dash = Dash::running(120, 40);
        dash.header(|header| {
            header.queue = QueueState::Paused;
            header.counts = Counts { total: 12, queued: 12 - running, running, ..Counts::default() };
        });
        dash.keys("q");
        assert!(!dash.text().contains("everything goes on"), "{}", dash.text());
        dash.keys("d");
        assert_eq!(dash.left(), Some(Leave::Detached { queue_is_open: false, is_live }));
    }
}
