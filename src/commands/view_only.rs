//! A look at an experiment without an engine, again and again: for a directory that may not be written, or whose engine runs
//! on another host.
//!
//! To the dashboard it is a link like any other. The other end is a task of this process that derives the state from the
//! directory, tells what has changed, and refuses whatever would change something, with the reason.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::engine::Glances;
use crate::experiment::Plan;
use crate::protocol::link::LocalEnd;
use crate::protocol::{Header, Link, Reply, Request, ServerMessage, SimView};
use crate::rundir::record::Moment;

/// Between two looks, at least.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// And so many times what the last one took: a directory of thousands on a slow disk is not read without a break.
const LOOK_PART: u32 = 20;

/// Simulations in one message.
const BATCH: usize = 256;

/// A link to the directory of `plan`. `why` says in a sentence why nothing can be changed.
pub(crate) fn link(plan: Plan, why: String) -> Link {
    let (link, end) = Link::local();
    tokio::spawn(tell(plan, why, end));
    link
}

async fn tell(plan: Plan, why: String, mut end: LocalEnd) {
    let mut told: HashMap<u32, SimView> = HashMap::new();
    let mut subscribed = false;
    let mut next = tokio::time::Instant::now();
    let mut glances = Glances::default();
    loop {
        tokio::select! {
            message = end.requests.recv() => {
                let Some(message) = message else { return };
                let reply = match message.request {
                    Request::Subscribe => Reply::Done { message: String::new() },
                    _ => Reply::Refused { reason: why.clone() },
                };
                if message.request == Request::Subscribe {
                    (subscribed, next) = (true, tokio::time::Instant::now());
                    told.clear();
                }
                if end.answers.send(ServerMessage::Reply { id: message.id, reply }).await.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep_until(next), if subscribed => {
                let begun = Instant::now();
                let plan = plan.clone();
                // A disk that does not answer holds up the thread of this look and no key.
                let looked = tokio::task::spawn_blocking(move || look(plan, glances)).await;
                let Ok((mut header, sims, again)) = looked else { return };
                glances = again;
                header.notice = Some(match header.notice.take() {
                    Some(notice) => format!("{why}; {notice}"),
                    None => why.clone(),
                });
                let is_first = told.is_empty();
                let changed: Vec<SimView> = sims.into_iter().filter(|sim| told.get(&sim.id) != Some(sim)).collect();
                told.extend(changed.iter().map(|sim| (sim.id, sim.clone())));
                if !say(&end, header, changed, is_first).await {
                    return;
                }
                let pause = LOOK_EVERY.max(begun.elapsed() * LOOK_PART);
                next = tokio::time::Instant::now() + if glances.is_behind() { Duration::ZERO } else { pause };
            }
        }
    }
}

fn look(plan: Plan, mut glances: Glances) -> (Header, Vec<SimView>, Glances) {
    let state = glances.look(plan);
    let now = Moment::now();
    let sims = (0..state.plan().simulations.len() as u32).map(|sim| state.view(sim, now)).collect();
    (state.header(now), sims, glances)
}

/// Tells what is new. Whether anybody listens.
async fn say(end: &LocalEnd, header: Header, changed: Vec<SimView>, whole: bool) -> bool {
    if end.answers.send(ServerMessage::Header { header: Box::new(header) }).await.is_err() {
        return false;
    }
    let mut batches: Vec<Vec<SimView>> = changed.chunks(BATCH).map(<[SimView]>::to_vec).collect();
    if whole && batches.is_empty() {
        batches.push(Vec::new());
    }
    let last = batches.len().saturating_sub(1);
    for (at, sims) in batches.into_iter().enumerate() {
        if end.answers.send(ServerMessage::Sims { sims, complete: !whole || at == last }).await.is_err() {
            return false;
        }
    }
    true
}
