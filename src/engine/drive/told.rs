//! What clients know already, so that nothing is told twice.
//!
//! A look at a simulation that sleeps shows what the look before it showed. A client that is told so anyway wakes up, reads it
//! and draws, a thousand times for a thousand of them. A clock that goes on counting is no news: the client counts as well.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::io;

use serde::Serialize;

use crate::protocol::{Clock, Header, SimView};
use crate::rundir::record::Moment;

/// A digest of what was told last, of each simulation and of the experiment.
#[derive(Debug, Default)]
pub(super) struct Told {
    sims: HashMap<u32, u64>,
    header: Option<u64>,
}

impl Told {
    /// Whether this says anything new, which counts as told from now on. `now` is when the view was made.
    pub(super) fn is_news_of_sim(&mut self, mut view: SimView, now: Moment) -> bool {
        let now_ms = now.boot_ms.cast_signed();
        stand_still(&mut view.elapsed, now_ms);
        view.in_phase.iter_mut().for_each(|clock| stand_still(clock, now_ms));
        let digest = digest(&view);
        digest.is_none() || self.sims.insert(view.id, digest.unwrap_or_default()) != digest
    }

    /// The same of the experiment as a whole.
    pub(super) fn is_news_of_header(&mut self, mut header: Header, now: Moment) -> bool {
        stand_still(&mut header.elapsed, now.boot_ms.cast_signed());
        // It counts on the clock of the world.
        header.sweep.iter_mut().for_each(|sweep| stand_still(&mut sweep.elapsed, now.unix_ms));
        let digest = digest(&header);
        digest.is_none() || std::mem::replace(&mut self.header, digest) != digest
    }

    /// Not everybody knows the same of these simulations and of the experiment any more: one client was told what is now.
    pub(super) fn differs(&mut self, sims: impl IntoIterator<Item = u32>) {
        self.header = None;
        for sim in sims {
            self.sims.remove(&sim);
        }
    }
}

/// Makes a clock that counts tell when it began, which stays the same.
fn stand_still(clock: &mut Clock, now_ms: i64) {
    if clock.ticking {
        clock.ms = now_ms.wrapping_sub(clock.ms.cast_signed()).cast_unsigned();
    }
}

/// None of what cannot be written, which a client is not told anyway.
fn digest(told: &impl Serialize) -> Option<u64> {
    let mut digest = Digest(DefaultHasher::new());
    serde_json::to_writer(&mut digest, told).ok()?;
    Some(digest.0.finish())
}

struct Digest(DefaultHasher);

impl io::Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gem5::Phase;
    use crate::protocol::Status;

    fn at(boot_ms: u64) -> Moment {
        Moment { boot_ms, ..Moment::now() }
    }

    fn running(ran_ms: u64) -> SimView {
        let elapsed = Clock { ms: ran_ms, ticking: true };
        SimView { elapsed, in_phase: Some(elapsed), ..SimView::new(7, "a", Status::Running { phase: Phase::Running }) }
    }

    #[test]
    fn a_clock_that_goes_on_counting_is_no_news_and_anything_else_is() {
        let mut told = Told::default();
        assert!(told.is_news_of_sim(running(1_000), at(51_000)));
        assert!(!told.is_news_of_sim(running(9_000), at(59_000)));
        assert!(told.is_news_of_sim(running(9_000), at(60_000)), "it was paused for a second");
        let stopped = Clock { ms: 9_000, ticking: false };
        assert!(told.is_news_of_sim(SimView { elapsed: stopped, ..running(9_000) }, at(60_000)));
        assert!(told.is_news_of_sim(SimView { values: vec![Some(1.0)], ..running(9_000) }, at(60_000)));
        assert!(told.is_news_of_sim(SimView { id: 8, ..running(9_000) }, at(60_000)));
    }

    #[test]
    fn what_one_client_alone_was_told_is_news_for_the_others() {
        let mut told = Told::default();
        assert!(told.is_news_of_sim(running(1_000), at(51_000)));
        told.differs([7]);
        assert!(told.is_news_of_sim(running(1_000), at(51_000)));
    }
}
