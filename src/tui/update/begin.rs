//! The question before the first simulations of an experiment start. Part of `update`.
//!
//! Until it is answered the queue is paused, and nothing says so on the disk; either answer is written down by the engine, so that nobody is
//! asked twice.

use super::say::{Command, Leave, send};
use crate::protocol::{QueueState, Request};
use crate::tui::actions::{Action, Move};
use crate::tui::model::{BeginChoice, Model, Overlay, Purpose};

/// A key, while it is asked.
pub(super) fn perform(
    model: &mut Model,
    choice: BeginChoice,
    action: Action,
    commands: &mut Vec<Command>,
) -> Option<Overlay> {
    let at = BeginChoice::ALL.iter().position(|one| *one == choice).unwrap_or_default();
    let to = |by: Move| BeginChoice::ALL[by.apply(at, BeginChoice::ALL.len(), BeginChoice::ALL.len())];
    let decided = match action {
        Action::Go(by) => return Some(Overlay::Begin { choice: to(by) }),
        Action::Right => return Some(Overlay::Begin { choice: to(Move::Down) }),
        Action::Left => return Some(Overlay::Begin { choice: to(Move::Up) }),
        Action::Accept => choice,
        Action::Yes => BeginChoice::Start,
        Action::No => BeginChoice::Paused,
        Action::Back => BeginChoice::Leave,
        _ => return Some(Overlay::Begin { choice }),
    };
    let queue = match decided {
        BeginChoice::Start => QueueState::Open,
        BeginChoice::Paused => QueueState::Paused,
        BeginChoice::Leave => {
            commands.push(Command::Quit(Leave::Idle));
            return None;
        }
    };
    // Who has answered has chosen no row yet: what runs is shown.
    model.list.chosen = false;
    // Who answers before the engine has told everything is asked on.
    let is_sent = send(model, Request::SetQueue { queue }, Purpose::Tell, commands);
    (!is_sent).then_some(Overlay::Begin { choice: decided })
}
