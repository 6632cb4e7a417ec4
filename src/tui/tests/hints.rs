//! What the footer and the pages offer: only what would do something, and first what is needed most.

use super::fixture::{Dash, attempt, end, ended, sim};
use crate::experiment::RowKind;
use crate::gem5::OutcomeKind;
use crate::protocol::{QueueState, Why};
use crate::tui::actions::{Action, Context, Tab};
use crate::tui::model::{Focus, LinkState, able};
use crate::tui::pages::why;

/// The last line of the screen.
fn footer(dash: &Dash) -> String {
    dash.text().trim_end_matches('\n').lines().last().unwrap_or_default().trim().to_owned()
}

/// The keys that the footer names, each before its word.
fn hints(dash: &Dash) -> Vec<String> {
    footer(dash).split("  ").map(|hint| hint.trim().to_owned()).filter(|hint| !hint.is_empty()).collect()
}

fn offers(dash: &Dash, key: &str) -> bool {
    hints(dash).iter().any(|hint| hint.split(' ').next() == Some(key))
}

/// A sweep of which nothing goes on.
fn finished(width: u16, height: u16) -> Dash {
    let mut dash = Dash::running(width, height);
    for id in 0..12 {
        dash.sim(id, |view| {
            view.status = end(OutcomeKind::Ok, "");
            let one = attempt(&view.name, 1);
            view.attempts = vec![ended(one, OutcomeKind::Ok, "", 1000)];
        });
    }
    dash
}

#[test]
fn a_list_that_the_filter_empties_offers_the_way_back_and_nothing_that_needs_a_row() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/nothing like it<enter>");
    assert_eq!(hints(&dash).first().map(String::as_str), Some("Esc show all"), "{}", footer(&dash));
    for key in ["enter", "space", "a", "n", "p", "c", "r"] {
        assert!(!offers(&dash, key), "{key}: {}", footer(&dash));
    }
    let screen = dash.text();
    assert!(screen.contains("hides 12") && screen.contains("status"), "{screen}");
    dash.keys("<esc>");
    assert_eq!(dash.model.list.order().len(), 12);
}

#[test]
fn nothing_is_paused_or_cancelled_where_all_has_ended() {
    let mut dash = Dash::running(120, 40);
    dash.keys("6");
    dash.model.focus = Focus::Detail;
    assert_eq!(able::obstacle(&dash.model, Action::Cancel), None);
    let mut dash = finished(120, 40);
    dash.keys("6");
    dash.model.focus = Focus::Detail;
    assert_eq!((dash.model.tab, dash.model.focus), (Tab::Results, Focus::Detail));
    for action in [Action::Pause, Action::Cancel, Action::DumpStats, Action::First] {
        assert!(able::obstacle(&dash.model, action).is_some(), "{action:?}");
    }
    assert!(!offers(&dash, "p") && !offers(&dash, "c"), "{}", footer(&dash));
}

#[test]
fn a_suite_is_over_when_what_it_has_spawned_is() {
    let mut dash = Dash::new(120, 40);
    dash.header(|_| {});
    let mut suite = sim(0, "suite", end(OutcomeKind::Ok, ""));
    suite.kind = RowKind::Suite;
    let mut spawned = sim(1, "suite/one", crate::protocol::Status::Paused);
    spawned.suite = Some(0);
    dash.sims(vec![suite, spawned]);
    dash.model.list.select_when_it_comes(0);
    assert_eq!(able::obstacle(&dash.model, Action::Cancel), None, "one of it goes on");
    dash.sim(1, |view| view.status = end(OutcomeKind::Ok, ""));
    dash.model.list.select_when_it_comes(0);
    for action in [Action::Pause, Action::Cancel] {
        assert!(able::obstacle(&dash.model, action).is_some(), "{action:?}");
    }
    assert_eq!(able::obstacle(&dash.model, Action::Retry), None);
}

#[test]
fn nobody_stops_following_what_has_ended() {
    let mut dash = Dash::running(120, 40);
    dash.keys("<tab>");
    assert!(offers(&dash, "f"), "{}", footer(&dash));
    let mut dash = finished(120, 40);
    dash.keys("<tab>");
    assert!(!offers(&dash, "f"), "{}", footer(&dash));
}

#[test]
fn a_page_names_no_key_for_an_engine_that_is_gone() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/stream-l2_2MiB<enter>");
    let keys = |dash: &Dash| -> Vec<String> {
        why::lines(&dash.model, 80).iter().filter_map(|line| Some(line.first()?.0.trim().to_owned())).collect()
    };
    let retry = dash.model.key(Action::Retry);
    assert!(keys(&dash).contains(&retry), "{:?}", keys(&dash));
    dash.model.link = LinkState::Ended { reason: None };
    assert!(!keys(&dash).contains(&retry), "{:?}", keys(&dash));
}

#[test]
fn a_paused_queue_is_the_first_thing_to_open_and_an_idle_one_is_nothing_to_pause() {
    let mut dash = Dash::running(120, 40);
    dash.header(|header| header.queue = QueueState::Paused);
    let open = dash.model.keymap.word(&[Context::Everywhere], Action::PauseQueue, true);
    assert_eq!(hints(&dash).first(), Some(&format!("{open} open queue")), "{}", footer(&dash));
    let mut dash = Dash::running(200, 60);
    assert!(offers(&dash, &open), "{}", footer(&dash));
    dash.header(|header| (header.counts.queued, header.counts.blocked) = (0, 0));
    assert!(!offers(&dash, &open), "{}", footer(&dash));
    assert_eq!(able::obstacle(&dash.model, Action::PauseQueue), None, "in advance it may be");
}

#[test]
fn a_pane_alone_names_the_way_to_the_others() {
    for (width, height) in [(120, 40), (80, 24)] {
        let mut dash = Dash::running(width, height);
        dash.keys("<enter>");
        let zoom = dash.model.key(Action::Zoom);
        assert!(dash.model.zoomed && offers(&dash, &zoom), "{}", footer(&dash));
    }
}

#[test]
fn the_smallest_screen_keeps_the_keys_that_end_what_is_typed() {
    for keys in ["/", ":", "/a long filter that has more letters than there is room for", ":wrap"] {
        let mut dash = Dash::running(40, 12);
        dash.keys(keys);
        let footer = footer(&dash);
        assert!(footer.contains("enter ") && footer.contains("Esc"), "{keys}: {footer}");
    }
    for keys in ["v", "F", "m", "S", "C", "c"] {
        let mut dash = Dash::running(40, 12);
        dash.keys("j");
        dash.keys(keys);
        assert!(dash.model.overlay.is_some() && offers(&dash, "Esc"), "{keys}: {}", footer(&dash));
    }
}

#[test]
fn a_list_that_stands_alone_names_the_log_and_the_tabs_before_the_filter() {
    let mut dash = Dash::running(40, 12);
    dash.keys("/stream-l2_256KiB<enter>");
    assert!(offers(&dash, "enter") && offers(&dash, "1-6"), "{}", footer(&dash));
}

#[test]
fn a_narrow_header_drops_what_says_least_and_counts_what_has_no_room() {
    let mut dash = Dash::running(40, 12);
    dash.header(|header| {
        header.stand_in = true;
        header.counts.running = 0;
    });
    let head = dash.text().lines().next().unwrap_or_default().to_owned();
    assert!(!head.contains("stand-in") && !head.contains('▶'), "{head}");
    assert!(head.contains("✖ 1") && head.contains("◌ 1"), "{head}");
    assert!(head.trim_end().ends_with("+1"), "the stand-in has no room: {head}");
    dash.header(|header| (header.counts.cancelled, header.counts.not_ok) = (1_000_000, 1_000_001));
    let head = dash.text().lines().next().unwrap_or_default().to_owned();
    assert!(head.contains("✖ 1") && head.contains('+'), "{head}");
}

#[test]
fn both_answers_are_buttons_with_their_keys() {
    for (width, height) in [(120, 40), (40, 12)] {
        let mut dash = Dash::running(width, height);
        dash.keys("jc");
        let screen = dash.text();
        assert!(screen.contains("[ n Keep ]") && screen.contains("[ y Cancel it ]"), "{screen}");
        dash.keys("<esc>R");
        let screen = dash.text();
        assert!(screen.contains("[ n Leave as they are ]") && screen.contains("[ y Retry ]"), "{screen}");
    }
}

#[test]
fn names_that_differ_in_their_ends_are_told_apart_above_the_tabs() {
    let title = |name: &str| {
        let mut dash = Dash::running(120, 40);
        dash.keys(&format!("/{name}<enter>"));
        dash.text().lines().nth(1).unwrap_or_default().chars().skip(60).collect::<String>()
    };
    assert_ne!(title("stream-l2_256KiB"), title("stream-l2_512KiB"));
}

#[test]
fn the_names_of_files_keep_their_ends_and_narrow_panes_have_no_dates() {
    let mut dash = Dash::running(40, 12);
    dash.keys("3");
    (dash.model.focus, dash.model.zoomed) = (Focus::Detail, true);
    dash.read_files();
    let screen = dash.text();
    assert!(screen.contains("m5.cpt") && !screen.contains("2026-"), "{screen}");
}

#[test]
fn a_watch_without_a_dump_says_all_that_it_says() {
    for (width, height) in [(120, 40), (80, 40)] {
        let mut dash = Dash::running(width, height);
        dash.read_stats_with(|reading| {
            (reading.dumps, reading.shown, reading.asked) = (0, 0, 0);
            reading.watched.clear();
            reading.all = std::sync::Arc::default();
        });
        let screen = dash.text();
        let (_, below) = screen.split_once("Watched stats").unwrap_or_default();
        assert!(below.contains("No complete dump yet"), "{screen}");
        assert!(below.contains("or the end") && !below.contains(",…"), "{screen}");
    }
}

#[test]
fn what_none_of_the_marked_can_have_is_not_offered() {
    let mut dash = Dash::running(120, 40);
    let ids: Vec<u32> = dash.model.list.order().to_vec();
    dash.keys("a");
    assert_eq!(able::obstacle(&dash.model, Action::Cancel), None, "some go on");
    for id in ids {
        dash.sim(id, |view| view.status = end(OutcomeKind::Ok, ""));
    }
    for action in [Action::Cancel, Action::Pause, Action::DumpStats] {
        assert!(able::obstacle(&dash.model, action).is_some(), "{action:?}");
    }
    assert_eq!(able::obstacle(&dash.model, Action::Retry), None);
}

#[test]
fn what_was_told_before_stands_in_no_prompt_and_below_no_question() {
    let mut dash = Dash::running(120, 40);
    dash.keys("<C-k>");
    assert!(dash.model.toast.is_some(), "a key that does nothing says so");
    dash.keys("/");
    assert!(dash.model.toast.is_none());
}

#[test]
fn what_has_ended_and_is_written_down_is_not_counted_as_running_beside_the_cap() {
    let mut dash = Dash::running(120, 40);
    let running = |dash: &Dash| dash.text().lines().next().unwrap().contains("▶ 4 running");
    assert!(running(&dash));
    let id = dash.model.list.rows().values().find(|row| row.view.status.word() == "running").unwrap().view.id;
    dash.sim(id, |view| view.why = Why::Over);
    assert!(dash.text().lines().next().unwrap().contains("▶ 3 running"), "{}", dash.text());
    dash.sim(id, |view| view.why = Why::Nothing);
    assert!(running(&dash));
}
