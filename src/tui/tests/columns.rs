//! What the list is ordered by, which columns it has, and where its cursor is.

use super::fixture::{Dash, end, sim};
use crate::gem5::OutcomeKind;
use crate::tui::model::Overlay;
use crate::tui::model::sort::Sort;

/// The first lines of the list, from its title on.
fn list(dash: &Dash) -> Vec<String> {
    let text = dash.text();
    let from = text.lines().position(|line| line.contains("Simulations")).expect("a list");
    text.lines().skip(from).take(4).map(str::to_owned).collect()
}

/// Chooses what the list is ordered by.
fn order_by(dash: &mut Dash, sort: &Sort) {
    let at = dash.model.sorts().iter().position(|other| other == sort).expect("an order");
    dash.keys(&format!("Sg{}<enter>", "j".repeat(at)));
}

#[test]
fn the_menu_orders_by_all_there_is_and_by_the_same_again_the_other_way() {
    let mut dash = Dash::running(120, 40);
    let l2 = Sort::Parameter("l2".to_owned());
    order_by(&mut dash, &l2);
    let sizes = |dash: &Dash| -> Vec<String> {
        let rows = dash.model.list.order().iter().filter_map(|id| dash.model.list.rows().get(id));
        rows.map(|row| row.parameter("l2").unwrap().as_written().to_owned()).collect()
    };
    assert_eq!((dash.model.list.sort(), dash.model.list.is_reversed()), (l2, false));
    assert_eq!(sizes(&dash)[..4], ["256KiB", "256KiB", "512KiB", "512KiB"], "sizes by what they are");
    dash.keys("SS");
    assert!(dash.model.list.is_reversed());
    assert_eq!(sizes(&dash)[..3], ["8MiB", "8MiB", "4MiB"]);
    dash.keys("T");
    assert!(!dash.model.list.is_reversed());
}

#[test]
fn values_that_are_not_there_come_last_both_ways() {
    let mut dash = Dash::running(120, 40);
    for _ in 0..2 {
        order_by(&mut dash, &Sort::Stat(1));
        let last = dash.model.list.order().last().and_then(|id| dash.model.list.rows()[id].view.values[1]);
        assert_eq!(last, None);
        assert!(dash.model.list.rows()[&dash.model.list.order()[0]].view.values[1].is_some());
    }
}

#[test]
fn an_arrow_in_the_head_says_which_way_and_moves_no_column() {
    for (width, height) in [(120, 40), (80, 24), (60, 20)] {
        let mut dash = Dash::running(width, height);
        let before = list(&dash)[1].replace(['▲', '▼'], " ");
        for sort in dash.model.sorts() {
            order_by(&mut dash, &sort);
            let [title, heads, ..] = &list(&dash)[..] else { panic!("no list") };
            assert!(title.contains(['▲', '▼']), "{title}");
            // The frame behind it shows how far the list is scrolled.
            let frame = ['│', '┃'];
            let (heads, before) = (heads.replace(['▲', '▼'], " "), before.trim_end_matches(frame));
            let heads = heads.trim_end_matches(frame);
            // At the edge there is no gap for it.
            let others = heads.chars().zip(before.chars()).filter(|(a, b)| a != b).count();
            assert!(others <= 1, "{heads}\n{before}");
        }
    }
    let mut dash = Dash::running(120, 40);
    dash.model.theme.unicode = false;
    order_by(&mut dash, &Sort::Name);
    assert!(list(&dash)[1].contains("name^"), "{:?}", list(&dash));
}

#[test]
fn a_chosen_order_stays_when_another_engine_takes_over() {
    use crate::tui::update::Message;
    let mut dash = Dash::running(120, 40);
    order_by(&mut dash, &Sort::Parameter("l2".to_owned()));
    dash.keys("T");
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    dash.header(|_| {});
    dash.sims(super::fixture::sweep());
    assert_eq!(dash.model.list.sort(), Sort::Parameter("l2".to_owned()));
    assert!(dash.model.list.is_reversed());
}

#[test]
fn the_next_failure_is_one_key_away() {
    let mut dash = Dash::running(120, 40);
    dash.sim(10, |view| view.status = end(OutcomeKind::Segv, "SIGSEGV"));
    dash.sim(9, |view| view.status = end(OutcomeKind::Cancelled, "cancelled"));
    let mut seen = Vec::new();
    for key in ["n", "n", "n", "N"] {
        dash.keys(key);
        seen.push(dash.selected().to_owned());
    }
    assert_eq!(seen, ["stream-l2_2MiB", "chase-l2_4MiB", "stream-l2_2MiB", "chase-l2_4MiB"]);
    dash.keys("/is:ok<enter>n");
    assert!(dash.model.toast.as_ref().is_some_and(|toast| toast.bad && toast.text.contains('2')));
}

#[test]
fn the_lower_edge_says_where_the_cursor_is() {
    let mut dash = Dash::running(120, 40);
    dash.keys("jj");
    assert!(dash.text().contains("3 of 12 · 25%"), "{}", dash.text());
    dash.keys("/chase<enter>G");
    assert!(dash.text().contains("6 of 6 · 100%"), "{}", dash.text());
}

#[test]
fn columns_are_chosen_and_scrolled() {
    let mut dash = Dash::running(80, 24);
    assert!(!list(&dash)[1].contains("workload"));
    dash.keys("CG<space>");
    let Some(Overlay::Columns { .. }) = dash.model.overlay else { panic!("no menu") };
    dash.keys("<esc>");
    assert!(list(&dash)[1].contains(" l2"), "{:?}", list(&dash));
    dash.keys("Cg<space><enter>");
    assert!(!list(&dash)[1].contains("progress"), "{:?}", list(&dash));
    let mut dash = Dash::running(80, 24);
    for _ in 0..30 {
        dash.keys(">");
    }
    let heads = list(&dash)[1].clone();
    assert!(heads.contains("name") && heads.contains("parameters"), "{heads}");
    assert!(dash.model.toast.as_ref().is_some_and(|toast| toast.bad));
    for _ in 0..30 {
        dash.keys("<lt>");
    }
    assert!(list(&dash)[1].contains("progress"));
}

#[test]
fn chosen_columns_are_kept_and_come_back() {
    use crate::tui::reading::{Keep, Reading};
    use crate::tui::update::{Command, Message};
    let mut dash = Dash::running(120, 40);
    let kept = |dash: &Dash| {
        dash.commands
            .iter()
            .filter_map(|command| match command {
                Command::Keep(keep) => Some(keep.clone()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert!(matches!(&kept(&dash)[..], [Keep::Recall { .. }]), "it is asked for once");
    dash.keys("Cg<space>");
    let said = match kept(&dash).pop() {
        Some(Keep::Choices { choices, .. }) => choices,
        other => panic!("{other:?}"),
    };
    let mut again = Dash::running(120, 40);
    assert!(list(&again)[1].contains("progress"));
    again.send(Message::Read(Reading::Recalled(said)));
    assert!(!list(&again)[1].contains("progress"));
}

#[test]
fn the_map_moves_the_cursor_of_the_list() {
    let mut dash = Dash::running(16, 24);
    dash.keys("m");
    assert!(matches!(dash.model.overlay, Some(Overlay::Map)));
    let at = |dash: &Dash| dash.model.list.position().unwrap();
    let mut seen = vec![at(&dash)];
    for key in ["l", "j", "j", "h", "g", "G", "k"] {
        dash.keys(key);
        seen.push(at(&dash));
    }
    // Twelve stand in one line of twelve.
    assert_eq!(seen, [0, 1, 1, 1, 0, 0, 11, 11]);
    let before = dash.selected().to_owned();
    dash.keys("n");
    assert_eq!(dash.selected(), "stream-l2_2MiB");
    dash.keys("G<enter>");
    assert!(dash.model.overlay.is_none());
    assert_eq!(dash.selected(), before);
}

#[test]
fn the_map_of_many_shows_the_line_of_the_cursor() {
    use crate::protocol::Status;
    let mut dash = Dash::new(40, 12);
    dash.header(|_| {});
    dash.sims((0..3_000).map(|id| sim(id, &format!("s-{id}"), Status::Queued)).collect());
    dash.keys("tmG");
    assert!(dash.text().contains("s-2999") && dash.text().contains("3,000 of 3,000"), "{}", dash.text());
    dash.keys("kkk");
    let at = dash.model.list.position().unwrap();
    assert_eq!(at, 2_999 - 3 * 36, "three lines of as many as fit");
}

#[test]
fn a_stat_that_is_watched_is_seen_beside_long_names_at_every_usual_width() {
    for columns in [80, 100, 120, 160, 200] {
        let mut dash = Dash::new(columns, 40);
        dash.header(|header| header.watch = vec!["system.cpu.ipc".to_owned()]);
        let mut view = sim(0, "600.perlbench_s-l2_256KiB-assoc_16", end(OutcomeKind::Ok, ""));
        view.values = vec![Some(0.4237)];
        dash.sims(vec![view]);
        assert!(dash.text().contains("0.4237"), "{}", dash.text());
    }
}
