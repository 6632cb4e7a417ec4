//! Questions to a person at a terminal, a line each. Enter takes what stands in brackets.

use std::io::BufRead;

use crate::commands::Failure;
use crate::commands::output;
use crate::text::Safe;

/// Where answers come from, and questions go.
pub(super) struct Dialogue<'d> {
    answers: &'d mut dyn BufRead,
    tell: &'d dyn Fn(&Safe),
}

impl<'d> Dialogue<'d> {
    pub(super) fn new(answers: &'d mut dyn BufRead, tell: &'d dyn Fn(&Safe)) -> Self {
        Self { answers, tell }
    }

    /// Shows text.
    pub(super) fn say(&self, text: &str) {
        (self.tell)(&Safe::multiline(text));
    }

    /// Asks until `read` understands the answer. `usual` is what enter alone means.
    pub(super) fn ask<T>(
        &mut self,
        question: &str,
        usual: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        loop {
            let usual_shown = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
            self.say(&format!("{question}{usual_shown}"));
            let mut line = String::new();
            let read_bytes = self.answers.read_line(&mut line).map_err(Failure::io("could not read the answer"))?;
            if read_bytes == 0 {
                return Err(Failure::Refused("no answer came, so nothing was written".to_owned()));
            }
            let answer = if line.trim().is_empty() { usual } else { line.trim() };
            match read(answer) {
                Ok(understood) => return Ok(understood),
                Err(why) => self.say(&format!("  {why}")),
            }
        }
    }
}

/// Shows a question on standard error, where it does not mix with what is printed for programs.
pub(super) fn tell(text: &Safe) {
    output::complain(text);
}
