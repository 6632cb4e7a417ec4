//! Typing a filter: what is wrong with it is told beside it, Tab goes on with a word, and the arrows bring back what was typed.

use super::fixture::{Dash, end, sim};
use crate::experiment::Parameter;
use crate::gem5::OutcomeKind;
use crate::protocol::{Request, Status};
use crate::tui::model::Overlay;
use crate::tui::reading::{Keep, Reading};
use crate::tui::update::{Command, Message};

/// The text of the prompt, if one is open.
fn typed(dash: &Dash) -> Option<&str> {
    dash.model.prompt().map(|prompt| prompt.input.value())
}

fn shown(dash: &Dash) -> usize {
    dash.model.list.order().len()
}

#[test]
fn what_is_not_understood_is_told_where_it_is_typed_and_leaves_nothing_out() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/chase<space>is:fialed");
    assert_eq!(shown(&dash), 6, "the word that is understood filters");
    let screen = dash.text();
    let last = screen.lines().last().unwrap();
    assert!(last.contains("is:fialed") && last.contains("did you mean `failed`?"), "{last}");
    dash.keys("<enter>");
    assert_eq!(typed(&dash), Some("chase is:fialed"), "who types on gives no commands");
    dash.keys("<bs><bs><bs><bs><bs><bs>failed<enter>");
    assert_eq!((typed(&dash), shown(&dash)), (None, 0));
    dash.keys("<esc>");
    assert_eq!(shown(&dash), 12);
}

#[test]
fn tab_goes_through_the_ways_in_which_a_word_may_go_on() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/l<tab>");
    assert_eq!(typed(&dash), Some("l2="));
    dash.keys("<tab>");
    assert_eq!((typed(&dash), shown(&dash)), (Some("l2=1MiB"), 2));
    dash.keys("<tab>");
    assert_eq!(typed(&dash), Some("l2=2MiB"), "sizes of one unit in their order");
    dash.keys("<S-tab><S-tab>");
    assert_eq!(typed(&dash), Some("l2=512KiB"), "around the end");
    dash.keys("<space>is:pan<tab>");
    assert_eq!(typed(&dash), Some("l2=512KiB is:panic"));
    dash.keys("<C-u>zzz=<tab>");
    assert!(dash.text().contains("nothing is known to go on with"), "{}", dash.text());
}

#[test]
fn a_way_is_put_in_where_the_cursor_is_and_what_follows_stays() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/is:pa<space>é<left><left><tab>");
    assert_eq!(typed(&dash), Some("is:paused é"));
}

#[test]
fn the_arrows_bring_back_what_was_typed() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/chase<enter>/<C-u>stream<enter>/<C-u>mi<up>");
    assert_eq!((typed(&dash), shown(&dash)), (Some("stream"), 6));
    dash.keys("<up>");
    assert_eq!(typed(&dash), Some("chase"));
    dash.keys("<up>");
    assert_eq!(typed(&dash), Some("chase"), "there is no older one");
    dash.keys("<down><down>");
    assert_eq!(typed(&dash), Some("mi"), "what was being typed comes back");
}

#[test]
fn a_filter_by_a_parameter_works_when_that_comes_later() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/l2=1MiB<enter>");
    assert_eq!(shown(&dash), 2);
    let mut new = sim(40, "new", Status::Queued);
    new.parameters = vec![Parameter::text("l2", "1MiB"), Parameter::text("assoc", "4")];
    dash.sims(vec![new]);
    assert_eq!(shown(&dash), 3);
    dash.keys("/<C-u>assoc=4<enter>");
    assert_eq!((typed(&dash), shown(&dash)), (None, 1));
}

#[test]
fn what_a_person_cancelled_has_not_failed() {
    let mut dash = Dash::running(120, 40);
    dash.sim(9, |view| view.status = end(OutcomeKind::Cancelled, "cancelled"));
    dash.sim(10, |view| view.status = end(OutcomeKind::Segv, "SIGSEGV"));
    dash.header(|header| {
        for sim in [9, 10] {
            header.counts.remove(&Status::Queued);
            let kind = if sim == 9 { OutcomeKind::Cancelled } else { OutcomeKind::Segv };
            header.counts.add(&end(kind, ""));
        }
    });
    let counts = dash.model.simulations();
    assert_eq!((counts.failed(), counts.cancelled, counts.not_ended()), (2, 1, 7));
    for (filter, count) in [("cancelled", 1), ("not<space>ok", 2), ("is:failed", 2), ("is:ended", 5)] {
        dash.keys(&format!("/<C-u>{filter}<enter>"));
        assert_eq!(shown(&dash), count, "{filter}");
    }
    dash.keys("<esc>F");
    let Some(Overlay::Failures(failures)) = &dash.model.overlay else { panic!("no failures are shown") };
    assert_eq!(failures.groups.iter().map(|group| group.members.len()).sum::<usize>(), 2);
    dash.keys("<esc>Ry");
    assert_eq!(retried(&dash), [3, 10]);
}

/// What was asked to run again last.
fn retried(dash: &Dash) -> Vec<u32> {
    let sent = dash.commands.iter().rev().find_map(|command| match command {
        Command::Send(message) => match &message.request {
            Request::Retry { sims } => Some(sims.clone()),
            _ => None,
        },
        _ => None,
    });
    sent.unwrap_or_default()
}

#[test]
fn to_retry_what_failed_obeys_the_filter_and_says_what_it_leaves_out() {
    let mut dash = Dash::running(120, 40);
    dash.sim(10, |view| view.status = end(OutcomeKind::Segv, "SIGSEGV"));
    dash.keys("/is:segv<enter>R");
    let Some(Overlay::Confirm(confirm)) = &dash.model.overlay else { panic!("nothing is asked") };
    assert!(confirm.consequences.iter().any(|line| line.contains("The 1 that failed")), "{:?}", confirm.consequences);
    dash.keys("y");
    assert_eq!(retried(&dash), [10]);
    dash.keys("/<C-u>is:running<enter>R");
    assert!(dash.model.overlay.is_none());
}

#[test]
fn a_mark_of_all_is_of_those_that_are_shown() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/chase<enter>a");
    assert_eq!(dash.model.list.marked.len(), 6);
    assert!(dash.model.toast.as_ref().is_some_and(|toast| toast.text.contains('6')));
}

#[test]
fn a_filter_gets_a_name_that_is_remembered_and_can_be_forgotten() {
    let kept = |dash: &Dash| {
        let mut keeps = dash.commands.iter().filter_map(|command| match command {
            Command::Keep(Keep::Choices { choices, .. }) => Some(choices.clone()),
            _ => None,
        });
        keeps.next_back()
    };
    let mut dash = Dash::running(120, 40);
    dash.keys("/<C-s>");
    assert_eq!(typed(&dash), Some(""), "there is nothing to name");
    dash.keys("chase<space>l2=1MiB<C-s>");
    assert_eq!(typed(&dash), Some(""), "its name is asked for");
    dash.keys("two<space>words<enter>");
    assert_eq!((typed(&dash), kept(&dash)), (Some("two words"), None), "that is no name");
    dash.keys("<C-u>mine<enter>");
    assert_eq!((typed(&dash), dash.model.list.filter(), shown(&dash)), (None, "@mine", 1));
    let choices = kept(&dash).unwrap();
    assert_eq!(choices.filters["mine"], "chase l2=1MiB");

    let mut again = Dash::running(120, 40);
    again.send(Message::Read(Reading::Recalled(choices)));
    again.keys("/is:queued|@<tab>");
    assert_eq!((typed(&again), shown(&again)), (Some("is:queued|@mine"), 4));
    again.keys("<C-u>@mine<C-s>mine<enter>");
    assert_eq!(again.model.list.named_filters()["mine"], "chase l2=1MiB", "it cannot be called by its own name");
    assert_eq!((typed(&again), again.model.list.filter()), (Some("mine"), "@mine"));
    again.keys("<esc>/<C-u>@mine<space>is:ok<left><left><left><left><left><left><C-x>");
    assert_eq!(typed(&again), Some("chase l2=1MiB is:ok"), "what it was is still there");
    assert!(again.model.list.named_filters().is_empty());
    assert!(kept(&again).unwrap().filters.is_empty());
    again.keys("<C-x>");
    assert_eq!(typed(&again), Some("chase l2=1MiB is:ok"));
}
