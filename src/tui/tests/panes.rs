//! How list and detail pane share the screen.

use ratatui::layout::Rect;

use super::fixture::Dash;
use crate::rundir::{ListChoices, Panes};
use crate::tui::layout::Areas;
use crate::tui::reading::{Keep, Reading};
use crate::tui::update::{Command, Message};

/// The list and the detail pane.
fn panes(dash: &Dash) -> (Rect, Rect) {
    let areas = Areas::of(&dash.model);
    (areas.list, areas.detail)
}

fn kept(dash: &Dash) -> Vec<ListChoices> {
    let choices = |command: &Command| match command {
        Command::Keep(Keep::Choices { choices, .. }) => Some(choices.clone()),
        _ => None,
    };
    dash.commands.iter().filter_map(choices).collect()
}

#[test]
fn keys_move_what_stands_between_the_panes_and_the_share_is_kept_for_the_next_time() {
    for (width, height, is_across) in [(120, 40, true), (80, 24, false)] {
        let mut dash = Dash::running(width, height);
        let size = |dash: &Dash| if is_across { panes(dash).0.width } else { panes(dash).0.height };
        let usual = size(&dash);
        dash.keys(",");
        assert!(size(&dash) < usual, "{width}x{height}");
        dash.keys("..");
        assert!(size(&dash) > usual, "{width}x{height}");
        let last = kept(&dash).pop().expect("it is kept");
        let mut again = Dash::running(width, height);
        again.send(Message::Read(Reading::Recalled(last)));
        assert_eq!(panes(&again), panes(&dash));
        dash.keys(";");
        assert_eq!((size(&dash), kept(&dash).pop().map(|choices| choices.panes)), (usual, Some(Panes::default())));
    }
}

#[test]
fn neither_pane_can_be_made_useless_and_who_tries_is_told() {
    for (width, height) in [(100, 30), (120, 40), (80, 24), (40, 18)] {
        for key in [".", ","] {
            let mut dash = Dash::running(width, height);
            dash.keys(&key.repeat(100));
            let (list, detail) = panes(&dash);
            for pane in [list, detail] {
                assert!(pane.width >= 36 && pane.height >= 5, "{width}x{height} {key}: {list} {detail}");
            }
            let count = kept(&dash).len();
            assert!(dash.model.toast.as_ref().is_some_and(|toast| toast.bad), "{width}x{height} {key}");
            dash.keys(key);
            assert_eq!(kept(&dash).len(), count, "what changes nothing is not written");
        }
    }
}

#[test]
fn a_share_is_not_lost_to_a_screen_that_has_no_room_for_it() {
    let mut dash = Dash::running(120, 40);
    dash.keys(",,,");
    let chosen = panes(&dash);
    for (width, height) in [(40, 12), (1, 1), (80, 24), (500, 10), (120, 40)] {
        dash.send(Message::Resize(width, height));
        dash.draw();
    }
    assert_eq!(panes(&dash), chosen);
    // Where one pane is seen there is nothing to share.
    dash.keys("z");
    let count = kept(&dash).len();
    dash.keys("..");
    assert_eq!(kept(&dash).len(), count);
    dash.keys("z");
    assert_eq!(panes(&dash), chosen);
}

#[test]
fn the_other_way_of_standing_has_a_share_of_its_own() {
    let mut dash = Dash::running(120, 40);
    dash.keys(",,");
    let across = panes(&dash);
    dash.send(Message::Resize(80, 40));
    let usual = Dash::running(80, 40);
    assert_eq!(panes(&dash), panes(&usual));
    dash.keys(".");
    dash.send(Message::Resize(120, 40));
    assert_eq!(panes(&dash), across);
}
