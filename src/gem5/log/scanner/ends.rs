//! What a scanner makes of lines that tell an end, of gem5 or from outside, and of those that wrappers write behind it.

use super::LogScanner;
use crate::gem5::log::clip::clip;
use crate::gem5::log::exit_line::{self, ExitLine};
use crate::gem5::log::facts::FailureKind;
use crate::gem5::log::last_word::LastWord;
use crate::gem5::log::outside::killer;
use crate::gem5::log::wrapper::{self, is_of_perf, is_trailer};

impl LogScanner {
    pub(super) fn take_exit(&mut self, exit: ExitLine, code: Option<i64>) {
        if exit.is_loose {
            // What a script says of an end that it has told says no more; and no other word undoes a failure.
            let is_told = self.facts.exit.as_ref().filter(|told| !told.is_loose).is_some_and(|told| {
                told.cause.trim_end_matches('.') == exit.cause || (told.is_failure() && !exit.is_failure())
            });
            if is_told {
                return;
            }
            self.beside = exit_line::LINES_BESIDE;
        } else if self.facts.last_word != Some(LastWord::Exception) {
            // gem5 went on, so whatever stands before was survived, or is what a simulated program has written. Only behind an
            // exception there may follow what the script had printed before.
            self.facts.last_word = None;
            self.facts.failure = None;
        }
        self.see_tick(exit.tick.filter(|_| !exit.is_loose));
        self.facts.exit = Some(exit);
        // A code belongs to the exit line above it. One that stands before the line is of an earlier end, or no code.
        self.facts.guest_exit_code = code;
    }

    /// Takes the tick and the code that stand behind a cause that was told without.
    pub(super) fn look_beside(&mut self, line: &str) {
        let Some(exit) = self.facts.exit.as_mut().filter(|exit| self.beside > 0 && exit.is_loose) else { return };
        self.beside -= 1;
        exit.tick = exit.tick.or_else(|| exit_line::tick_beside(line));
        self.facts.guest_exit_code = self.facts.guest_exit_code.or_else(|| exit_line::code_beside(line));
    }

    /// Takes what a wrapper says of gem5. `false` if the line is none of a wrapper.
    pub(super) fn take_wrapped(&mut self, line: &str) -> bool {
        if line.contains(wrapper::PERF) {
            self.in_perf = true;
        } else if let Some(error) = wrapper::sanitizer_error(line) {
            self.fail(FailureKind::Runtime, error, None);
        } else if let Some(place) = wrapper::sanitizer_place(line) {
            if let Some(failure) = self.facts.failure.as_mut().filter(|failure| failure.kind == FailureKind::Runtime) {
                failure.location = Some(clip(place));
            }
        } else if let Some((_, signal)) = line.split_once(wrapper::GDB) {
            if signal.starts_with("SEGV") {
                self.facts.segfault = true;
                self.end(LastWord::Fault);
            } else if signal.starts_with("ABRT") {
                self.end(LastWord::Abort);
            }
        } else {
            return false;
        }
        true
    }

    /// Takes a line of a wrapper that says nothing. `false` if it is none.
    pub(super) fn take_trailer(&mut self, line: &str) -> bool {
        if line.starts_with("==") && line.ends_with("==ABORTING") {
            self.end(LastWord::Abort);
            return true;
        }
        is_trailer(line) || (self.in_perf && is_of_perf(line))
    }

    /// Takes the word of an outsider that ended the process. `false` if it is none.
    pub(super) fn take_killer(&mut self, line: &str) -> bool {
        let Some(found) = killer(line) else { return false };
        // The batch system names a reason that the shell does not know.
        let is_known = self.facts.killer.as_ref().is_some_and(|known| known.reason.is_telling());
        if !is_known || found.reason.is_telling() {
            self.facts.killer = Some(found);
        }
        true
    }
}
