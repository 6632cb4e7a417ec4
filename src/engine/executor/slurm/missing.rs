//! What to do about a job that a successful answer leaves out.
//!
//! It may have ended and been forgotten, or never have been there; or it runs on, and the controller lost its state. Whoever has
//! taken "not in the list" for success lost results by it, and for failure ran simulations twice. So the records are looked at,
//! then accounting is asked, then the controller for that one job, again and again; only after minutes without a trace it is given
//! up, and then it is called forgotten and nothing else.

/// Between two rounds of questions.
const ROUND_MS: u64 = 30_000;

/// Not given up sooner.
const GIVEN_UP_AFTER_MS: u64 = 5 * 60_000;

/// Nor before so many rounds found nothing.
const EMPTY_ROUNDS: u32 = 3;

/// What to ask next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Question {
    /// Look for `exit.json`, with the directory read anew: a network disk shows it late.
    Record,
    /// Ask accounting.
    Accounting,
    /// Ask the controller for that one job.
    Controller,
    /// Ask nothing before this moment.
    Wait(u64),
    /// Give it up: nobody knows anything of it.
    Forgotten,
}

/// What a question told. A record or a job that is found ends the search, and is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Heard {
    /// Nothing of it is there. Of accounting: or the site has none.
    Nothing,
    /// There was no answer.
    NoAnswer,
}

/// The search for one job. All moments are milliseconds of one monotonic clock.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Search {
    /// When it was first missing.
    since: u64,
    /// When this round began, or the next one begins.
    round: u64,
    /// What is asked now.
    step: Step,
    /// Whether all in this round answered.
    answered: bool,
    /// So many rounds found nothing.
    empty: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Record,
    Accounting,
    Controller,
}

impl Search {
    /// It is missing since now.
    pub(in crate::engine) fn new(now: u64) -> Self {
        Self { since: now, round: now, step: Step::Record, answered: true, empty: 0 }
    }

    /// What to ask.
    pub(in crate::engine) fn next(&self, now: u64) -> Question {
        if self.empty >= EMPTY_ROUNDS && now >= self.since.saturating_add(GIVEN_UP_AFTER_MS) {
            return Question::Forgotten;
        }
        if now < self.round {
            return Question::Wait(self.round);
        }
        match self.step {
            Step::Record => Question::Record,
            Step::Accounting => Question::Accounting,
            Step::Controller => Question::Controller,
        }
    }

    /// What was asked told nothing of it.
    pub(in crate::engine) fn heard(&mut self, now: u64, heard: Heard) {
        self.answered &= heard == Heard::Nothing;
        self.step = match self.step {
            Step::Record => Step::Accounting,
            Step::Accounting => Step::Controller,
            Step::Controller => {
                self.empty += u32::from(self.answered);
                self.answered = true;
                self.round = now.saturating_add(ROUND_MS);
                Step::Record
            }
        };
    }
}

/// Whether a job whose reply was lost `tried` may be handed in again, after an answer without it to a question that was asked at
/// `asked`. The controller may take it as long as a command waits for it, and then some; both in milliseconds.
pub(in crate::engine) fn may_hand_in_again(tried: u64, asked: u64, message_timeout: u64) -> bool {
    asked >= tried.saturating_add(message_timeout.saturating_mul(2).max(20_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks until it is given up or `until` has come, each question told by `answer`; when that was, and what was asked.
    fn search(until: u64, mut answer: impl FnMut(Question) -> Heard) -> (Option<u64>, Vec<Question>) {
        let mut search = Search::new(1000);
        let (mut now, mut asked) = (1000, Vec::new());
        while now < until {
            match search.next(now) {
                Question::Forgotten => return (Some(now), asked),
                Question::Wait(next) => {
                    assert!(next > now, "waits for what is over");
                    now = next;
                }
                question => {
                    asked.push(question);
                    search.heard(now, answer(question));
                }
            }
        }
        (None, asked)
    }

    #[test]
    fn a_job_is_given_up_after_minutes_without_a_trace() {
        let (given_up, asked) = search(3_600_000, |_| Heard::Nothing);
        assert_eq!(given_up, Some(301_000));
        assert_eq!(asked[..4], [Question::Record, Question::Accounting, Question::Controller, Question::Record]);
        assert_eq!(asked.len(), 30, "three questions each half minute");
    }

    /// A controller that is down says nothing of a job, however long it is down.
    #[test]
    fn a_job_is_not_given_up_while_nobody_answers() {
        for silent in [Question::Record, Question::Accounting, Question::Controller] {
            let answer = |question| if question == silent { Heard::NoAnswer } else { Heard::Nothing };
            assert_eq!(search(7_200_000, answer).0, None, "{silent:?}");
        }
    }

    #[test]
    fn a_job_is_given_up_only_after_enough_answers() {
        let mut left = 30;
        let answer = |_| {
            left -= 1;
            if left > 0 { Heard::NoAnswer } else { Heard::Nothing }
        };
        // Ten rounds without a full answer, then three with one.
        assert_eq!(search(3_600_000, answer).0, Some(1000 + 12 * 30_000));
    }

    #[test]
    fn a_command_that_hangs_is_not_asked_again_without_a_pause() {
        let mut search = Search::new(0);
        for now in [0, 30_000, 60_000] {
            search.heard(now, Heard::NoAnswer);
        }
        assert_eq!(search.next(60_000), Question::Wait(90_000));
        assert_eq!(search.next(90_000), Question::Record);
    }

    /// The controller had taken the job ten seconds after sbatch had given up.
    #[test]
    fn an_empty_answer_too_soon_does_not_allow_a_second_job() {
        assert!(!may_hand_in_again(5000, 5000, 10_000));
        assert!(!may_hand_in_again(5000, 24_999, 10_000));
        assert!(may_hand_in_again(5000, 25_000, 10_000));
        assert!(!may_hand_in_again(5000, 25_000, 60_000));
        assert!(!may_hand_in_again(5000, 24_999, 0));
    }
}
