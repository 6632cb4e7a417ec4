//! Whose turn it is, by keys.

use super::fixture::Dash;
use crate::protocol::{Request, Status, Wait, Why};
use crate::tui::actions::Action;
use crate::tui::pages::why::what_next;

/// The cursor is on one that waits for a place.
fn waiting(why: Why) -> Dash {
    let mut dash = Dash::running(120, 40);
    dash.sim(8, |view| (view.status, view.why) = (Status::Queued, why));
    let name = dash.model.list.rows()[&8].view.name.clone();
    assert!(dash.model.list.select_name(&name));
    dash
}

fn at(wait: Wait) -> Dash {
    waiting(Why::Place { wait })
}

#[test]
fn p_holds_back_what_waits_and_lets_it_go() {
    let mut dash = at(Wait::Cap);
    assert!(dash.text().contains("p hold"), "{}", dash.text());
    dash.keys("p");
    assert_eq!(dash.requests(), [&Request::Pause { sims: vec![8] }]);
    let mut dash = at(Wait::Held);
    assert!(dash.text().contains("p let go"), "{}", dash.text());
    dash.keys("p");
    assert_eq!(dash.requests(), [&Request::Resume { sims: vec![8] }]);
}

#[test]
fn what_does_not_start_by_itself_cannot_be_held_back() {
    let outcome = crate::gem5::OutcomeKind::Fatal;
    let mut dash = waiting(Why::NeedFailed { name: "boot".to_owned(), outcome });
    dash.keys("p");
    assert!(dash.requests().is_empty());
}

#[test]
fn one_key_puts_it_first_and_takes_that_back() {
    let mut dash = at(Wait::Cap);
    dash.keys("K");
    assert_eq!(dash.requests(), [&Request::First { sims: vec![8] }]);
    let mut dash = at(Wait::Next);
    assert!(dash.text().contains("next; cap"), "{}", dash.text());
    dash.keys("K");
    assert_eq!(dash.requests(), [&Request::InOrder { sims: vec![8] }]);
    let mut dash = Dash::running(120, 40);
    dash.keys("K");
    assert!(dash.requests().is_empty() && dash.text().contains("only what waits has a turn"), "it runs");
}

#[test]
fn a_cap_is_typed_as_a_number() {
    let mut dash = Dash::running(120, 40);
    dash.keys("#64<enter>");
    assert_eq!(dash.requests(), [&Request::SetCap { cap: 64 }]);
    assert!(dash.text().contains("4 → 64"));
    for wrong in ["0", "many", "-3", "", "1.5"] {
        let mut dash = Dash::running(120, 40);
        dash.keys("#").keys(wrong).keys("<enter>");
        assert!(dash.requests().is_empty() && dash.model.prompt().is_some(), "{wrong}: what follows is no command");
        assert!(dash.text().contains("a whole number from 1"), "{}", dash.text());
        dash.keys("<esc>");
        assert!(dash.model.prompt().is_none());
    }
}

#[test]
fn what_waits_is_told_the_key_that_helps_it_and_no_other() {
    let next = |dash: &Dash| what_next(&dash.model, &dash.model.list.rows()[&8]);
    for (wait, action) in [
        (Wait::Cap, Some(Action::RaiseCap)),
        (Wait::Next, Some(Action::RaiseCap)),
        (Wait::QueuePaused, Some(Action::PauseQueue)),
        (Wait::Held, Some(Action::Pause)),
        // With a place more it would wait for the same.
        (Wait::Pool { processes: 2 }, None),
        (Wait::SuitePaused, None),
    ] {
        let mut dash = at(wait);
        let told = next(&dash);
        let key = told.split("; ").nth(1).and_then(|rest| rest.split(' ').next());
        assert_eq!(key.map(str::to_owned), action.map(|action| dash.model.key(action)), "{wait:?}: {told}");
        dash.model.only_looks = true;
        assert!(!next(&dash).contains(';'), "it only looks, so no key helps: {}", next(&dash));
    }
}
