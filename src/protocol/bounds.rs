//! How much of everything one message tells.
//!
//! Names, causes, hosts and lists come from files and functions that anybody writes, and an engine that sent them as they are
//! would one day send a line that no client reads ([`super::framing::MAX_LINE`]). So each field of a message has a bound here, by
//! the bytes that it takes as JSON, and all of them at their bounds are together below half of a line. What is left out of a
//! view is counted in it ([`LeftOut`]), stands in the records, and is shown by `gem5-tui show`, `inspect` and `logs`.
//!
//! The awkward truth: a path is never cut, because a part of one leads elsewhere. The system takes none above 4 KiB, and what
//! is still too long as a whole is told by [`SimView::minimal`].

use super::left_out::LeftOut;
use super::message::{Reply, ServerMessage, Transition};
use super::select::Miss;
use super::view::{Alike, AttemptView, Header, SimView, Status};
use super::why::{Note, Why};
use crate::experiment::{Parameter, ParameterValue};
use crate::gem5::{ConsoleWord, Outcome};
use crate::text::excerpt::{excerpt, json_length};

/// Of a name. A directory's name has 255 bytes at most, and a control character takes six times as many as JSON.
const NAME: usize = 1_600;

/// Of a phrase: a reason, a notice, a reply, a host, a change, the value of a parameter. Twice what a cause may have, which may
/// be a part of one.
const PHRASE: usize = 4 << 10;

/// Of all parameters of a simulation, all it needs, or all that has changed under it: a hundred of a usual length.
const LIST: usize = 32 << 10;

/// Of all attempts of a simulation: about five hundred, of which the older ones keep [`OLD_CAUSE`].
const ATTEMPTS: usize = 128 << 10;

/// Of the cause of an attempt that is not the newest one. What it came to is told in a line; its records tell the rest.
const OLD_CAUSE: usize = 120;

/// Checkpoints whose ticks are told: the last ones.
pub const CHECKPOINTS: usize = 256;

/// Directories of checkpoints that are told beside their ticks: the last ones. A program has some thirty of them at most.
const CHECKPOINT_FOLDERS: usize = 64;

/// Values of watched stats: so many globs can be watched at once.
const VALUES: usize = 1_024;

/// Of all globs that are watched. A value belongs to the glob of its place, so the first ones are told.
const WATCH: usize = 256 << 10;

impl SimView {
    /// The same with each field within its bound.
    #[must_use]
    pub fn bounded(self) -> Self {
        let Self { mut left_out, mut checkpoints, mut checkpoint_folders, mut values, .. } = self;
        let old_checkpoints = checkpoints.len().saturating_sub(CHECKPOINTS);
        checkpoints.drain(..old_checkpoints);
        let old_folders = checkpoint_folders.len().saturating_sub(CHECKPOINT_FOLDERS);
        checkpoint_folders.drain(..old_folders);
        for checkpoint in &mut checkpoint_folders {
            checkpoint.folder = name(std::mem::take(&mut checkpoint.folder));
        }
        values.truncate(VALUES);
        let attempts_made = self.attempts.len();
        let attempts = newest(self.attempts);
        let (parameters, more_parameters) = first(self.parameters.into_iter().map(parameter), LIST, parameter_length);
        let (changed, more_changes) = first_texts(phrases(self.changed), LIST);
        let (needs, more_needs) = first_texts(self.needs.into_iter().map(name), LIST);
        left_out.attempts = left_out.attempts.saturating_add((attempts_made - attempts.len()) as u32);
        left_out.checkpoints = left_out.checkpoints.saturating_add(old_checkpoints as u32);
        left_out.checkpoint_folders = left_out.checkpoint_folders.saturating_add(old_folders as u32);
        left_out.others = left_out.others.saturating_add(more_parameters + more_changes);
        let more_needs = self.more_needs.saturating_add(more_needs);
        Self {
            name: name(self.name),
            parameters,
            status: status(self.status),
            why: why(self.why),
            notes: self.notes.into_iter().map(note).collect(),
            attempts,
            values,
            checkpoints,
            checkpoint_folders,
            changed,
            needs,
            more_needs,
            left_out,
            ..self
        }
    }

    /// The least that is told of a simulation: which one it is and where in its life. For one whose view no line holds.
    #[must_use]
    pub fn minimal(&self) -> Self {
        let told_status = match &self.status {
            Status::Ended { outcome } => {
                Status::Ended { outcome: Outcome { tick: outcome.tick, ..Outcome::new(outcome.kind, "") } }
            }
            other => other.clone(),
        };
        // With it, `show` knows where to look.
        let newest = self.attempts.last().map(|attempt| AttemptView {
            outcome: attempt.outcome.as_ref().map(|outcome| Outcome::new(outcome.kind, "")),
            ..attempt.clone()
        });
        Self {
            id: self.id,
            name: name(self.name.clone()),
            parameters: Vec::new(),
            status: told_status,
            why: Why::Nothing,
            notes: Vec::new(),
            attempts: newest.into_iter().collect(),
            progress: self.progress,
            values: Vec::new(),
            elapsed: self.elapsed,
            in_phase: self.in_phase,
            host: self.host,
            checkpoints: Vec::new(),
            checkpoint_folders: Vec::new(),
            changed: Vec::new(),
            grace_ms: self.grace_ms,
            dump: self.dump.clone(),
            memory: self.memory,
            needs: Vec::new(),
            more_needs: self.more_needs.saturating_add(self.needs.len() as u32),
            gone: self.gone,
            kind: self.kind,
            priority: self.priority,
            suite: self.suite,
            spawned: self.spawned,
            left_out: LeftOut {
                attempts: self.left_out.attempts.saturating_add(self.attempts.len().saturating_sub(1) as u32),
                rest: true,
                ..self.left_out
            },
        }
    }

    /// How many attempts there have been, also those that are left out.
    pub fn attempts_made(&self) -> usize {
        self.attempts.len() + self.left_out.attempts as usize
    }
}

impl Header {
    /// The same with each field within its bound.
    #[must_use]
    pub fn bounded(self) -> Self {
        let (watch, _) = first_texts(self.watch, WATCH);
        let mut edits = self.edits;
        edits.names = edits.names.into_iter().map(name).collect();
        Self {
            name: name(self.name),
            watch,
            edits,
            notice: self.notice.map(phrase),
            allocation: self.allocation.map(phrase),
            alike: self.alike.map(Alike::bounded),
            ..self
        }
    }
}

impl Alike {
    /// The same with each field within its bound.
    fn bounded(self) -> Self {
        Self { program: name(self.program), cause: phrase(self.cause), first: name(self.first), ..self }
    }
}

impl Transition {
    /// The same with each field within its bound.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self { simulation: name(self.simulation), reason: phrase(self.reason), ..self }
    }
}

impl ServerMessage {
    /// The same with each field within its bound.
    #[must_use]
    pub fn bounded(self) -> Self {
        match self {
            Self::Hello { .. } => self,
            Self::Reply { id, reply } => Self::Reply { id, reply: reply.bounded() },
            Self::Header { header } => Self::Header { header: Box::new(header.bounded()) },
            Self::Sims { sims, complete } => {
                Self::Sims { sims: sims.into_iter().map(SimView::bounded).collect(), complete }
            }
            Self::Transitions { transitions } => {
                Self::Transitions { transitions: transitions.into_iter().map(Transition::bounded).collect() }
            }
            Self::Goodbye { reason } => Self::Goodbye { reason: phrase(reason) },
        }
    }
}

impl Reply {
    fn bounded(self) -> Self {
        match self {
            Self::Done { message } => Self::Done { message: phrase(message) },
            Self::Refused { reason } => Self::Refused { reason: phrase(reason) },
            Self::Missed { miss } => Self::Missed {
                miss: match miss {
                    Miss::NotAGlob { word, problem } => Miss::NotAGlob { word: phrase(word), problem: phrase(problem) },
                    Miss::NoMatch { word, nearest } => Miss::NoMatch { word: phrase(word), nearest: nearest.map(name) },
                    Miss::TooManyGlobs { .. } | Miss::NoneOfKind => miss,
                },
            },
        }
    }
}

fn name(text: String) -> String {
    excerpt(text, NAME)
}

fn phrase(text: String) -> String {
    excerpt(text, PHRASE)
}

fn phrases(texts: Vec<String>) -> impl Iterator<Item = String> {
    texts.into_iter().map(phrase)
}

fn parameter(Parameter { name: axis, value }: Parameter) -> Parameter {
    let value = match value {
        value if value.as_written().len() <= PHRASE / 6 => value,
        long => ParameterValue::Text(phrase(long.as_written().to_owned())),
    };
    Parameter { name: name(axis), value }
}

fn status(status: Status) -> Status {
    match status {
        Status::Ended { outcome } => Status::Ended { outcome: outcome.bounded() },
        other => other,
    }
}

fn why(why: Why) -> Why {
    match why {
        Why::NeedsHeld { name: needed } => Why::NeedsHeld { name: name(needed) },
        Why::NeedsLater { name: needed } => Why::NeedsLater { name: name(needed) },
        Why::Needs { name: needed } => Why::Needs { name: name(needed) },
        Why::NeedFailed { name: needed, outcome } => Why::NeedFailed { name: name(needed), outcome },
        Why::Submitted { said } => Why::Submitted { said: phrase(said) },
        Why::Held { said } => Why::Held { said: phrase(said) },
        Why::Outdated { changes } => Why::Outdated { changes: first_texts(phrases(changes), LIST).0 },
        other => other,
    }
}

fn note(note: Note) -> Note {
    match note {
        Note::Elsewhere { host } => Note::Elsewhere { host: phrase(host) },
        Note::Guest(word) => Note::Guest(ConsoleWord { file: phrase(word.file), text: phrase(word.text), ..word }),
        other => other,
    }
}

/// The newest attempts that fit, in their order. The very newest one always does.
fn newest(attempts: Vec<AttemptView>) -> Vec<AttemptView> {
    let mut kept = Vec::new();
    let mut bytes = 0;
    for (age, mut attempt) in attempts.into_iter().rev().enumerate() {
        attempt.outcome = attempt.outcome.map(Outcome::bounded);
        if let Some(outcome) = attempt.outcome.as_mut().filter(|_| age > 0) {
            outcome.cause = excerpt(std::mem::take(&mut outcome.cause), OLD_CAUSE);
        }
        bytes += attempt_length(&attempt);
        if age > 0 && bytes > ATTEMPTS {
            break;
        }
        kept.push(attempt);
    }
    kept.reverse();
    kept
}

/// About how many bytes an attempt takes: its texts, and its numbers with all their names.
fn attempt_length(attempt: &AttemptView) -> usize {
    let outcome = attempt.outcome.as_ref();
    let texts =
        outcome.map(|outcome| outcome.cause.as_str()).into_iter().chain(outcome.and_then(|o| o.place.as_deref()));
    300 + json_length(&attempt.dir.to_string_lossy()) + texts.map(json_length).sum::<usize>()
}

/// The first items that fit, and how many others there are.
fn first<T>(items: impl IntoIterator<Item = T>, most: usize, length: impl Fn(&T) -> usize) -> (Vec<T>, u32) {
    let mut items = items.into_iter().peekable();
    let (mut kept, mut bytes) = (Vec::new(), 0);
    while let Some(item) = items.peek() {
        bytes += length(item);
        if bytes > most {
            break;
        }
        kept.extend(items.next());
    }
    (kept, items.count() as u32)
}

fn first_texts(texts: impl IntoIterator<Item = String>, most: usize) -> (Vec<String>, u32) {
    // Its quotes and a comma.
    first(texts, most, |text| json_length(text) + 3)
}

/// About how many bytes a parameter takes: its value may stand there twice, as what it is and as it was written.
fn parameter_length(parameter: &Parameter) -> usize {
    json_length(&parameter.name) + 2 * json_length(parameter.value.as_written()) + 30
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::experiment::RowKind;
    use crate::gem5::Checkpoint;
    use crate::gem5::OutcomeKind;
    use crate::gem5::stats::Choice;
    use crate::protocol::framing::{self, MAX_ITEM, MAX_LINE};
    use crate::protocol::{Clock, Counts, Edits, Progress, QueueState, SpawnedView};

    /// A text that is six times as long as JSON, or one of wide characters.
    fn long(wide: bool) -> String {
        if wide { "\u{1f980}".repeat(300_000) } else { "\u{1}".repeat(700_000) }
    }

    /// A view in which everything that can be long is.
    fn huge(wide: bool) -> SimView {
        let outcome =
            Outcome { kind: OutcomeKind::Panic, cause: long(wide), place: Some(long(wide)), tick: Some(u64::MAX) };
        let attempt = |number| AttemptView {
            number,
            dir: PathBuf::from("/d".repeat(2_000)),
            outcome: Some(outcome.clone()),
            started_unix_ms: Some(i64::MIN),
            ran_ms: Some(u64::MAX),
            max_rss: Some(u64::MAX),
            pid: Some(i32::MIN),
            job: None,
            host_time_tainted: false,
        };
        let clock = Clock { ms: u64::MAX, ticking: false };
        SimView {
            dump: Choice::label(&"x".repeat(256)).unwrap(),
            id: u32::MAX,
            name: long(wide),
            parameters: (0..3).map(|_| Parameter::text(long(wide), long(wide))).collect(),
            status: Status::Ended { outcome: outcome.clone() },
            why: Why::Outdated { changes: (0..3).map(|_| long(wide)).collect() },
            notes: vec![Note::Elsewhere { host: long(wide) }],
            attempts: (1..20).map(attempt).collect(),
            progress: Progress::default(),
            values: vec![Some(f64::MIN_POSITIVE); 100_000],
            elapsed: clock,
            in_phase: Some(clock),
            host: None,
            checkpoints: vec![Some(u64::MAX); 200_000],
            checkpoint_folders: vec![Checkpoint::of(long(wide)); 70],
            changed: (0..3).map(|_| long(wide)).collect(),
            grace_ms: u64::MAX,
            memory: Some(u64::MAX),
            needs: (0..100_000).map(|n| n.to_string()).collect(),
            more_needs: 0,
            gone: true,
            kind: RowKind::Step,
            priority: i32::MIN,
            suite: Some(u32::MAX),
            spawned: Some(SpawnedView::default()),
            left_out: LeftOut::default(),
        }
    }

    #[test]
    fn a_view_with_everything_at_its_longest_is_below_half_a_line() {
        for wide in [false, true] {
            let bounded = huge(wide).bounded();
            let length = framing::encode(&bounded).unwrap().len();
            assert!(length < MAX_LINE / 2, "{length}");
            assert_eq!(bounded.attempts.last().map(|attempt| attempt.number), Some(19));
            assert_eq!(bounded.attempts_made(), 19);
            assert_eq!((bounded.checkpoints.len(), bounded.left_out.checkpoints), (CHECKPOINTS, 200_000 - 256));
            assert!(bounded.more_needs > 90_000);
            assert_eq!(bounded.clone().bounded(), bounded, "what is within its bounds stays as it is");
        }
    }

    #[test]
    fn what_is_too_long_for_a_line_is_told_by_the_least_and_harms_no_other() {
        let small = SimView { name: "small".to_owned(), ..huge(false) }.minimal();
        let lists =
            framing::lists([small.clone(), huge(false), small.clone()], 1_000, |view| Some(view.minimal())).unwrap();
        let mut told = Vec::new();
        for list in &lists {
            assert!(list.len() <= MAX_ITEM + 2);
            let line = framing::sims(list, true);
            assert!(line.len() <= MAX_LINE);
            let ServerMessage::Sims { sims, .. } = framing::decode(&line).unwrap() else { panic!("{line}") };
            told.extend(sims);
        }
        assert_eq!(told.len(), 3);
        assert!(told[1].left_out.rest && told[1].status.ended() == Some(OutcomeKind::Panic));
        assert_eq!(told[2], small);
        // Without anything to stand in its place, it is left out, and the others are told.
        let lists = framing::lists([small.clone(), huge(false), small], 1 << 19, |_| None).unwrap();
        assert_eq!(lists.len(), 1);
    }

    #[test]
    fn every_other_message_is_a_line_too() {
        for wide in [false, true] {
            let text = || long(wide);
            let header = Header {
                name: text(),
                source: PathBuf::from("/s"),
                outdir: PathBuf::from("/o"),
                stand_in: false,
                watch: (0..200_000).map(|n| format!("*.stat{n}")).collect(),
                counts: Counts::default(),
                cap: 1,
                memory: None,
                queue: QueueState::Open,
                alike: Some(Alike { count: 3, program: text(), cause: text(), first: text() }),
                elapsed: Clock::default(),
                sweep: None,
                eta: None,
                edits: Edits { new: 0, gone: 20, names: vec![text(); 20] },
                notice: Some(text()),
                allocation: Some(text()),
                later: 0,
                held: 0,
                shard: None,
            };
            let miss = Miss::NotAGlob { word: text(), problem: text() };
            let transition = Transition {
                at_unix_ms: 0,
                sim: 1,
                simulation: text(),
                attempt: 1,
                from: "queued".to_owned(),
                to: "ended".to_owned(),
                reason: text(),
            };
            for message in [
                ServerMessage::Header { header: Box::new(header) },
                ServerMessage::Goodbye { reason: text() },
                ServerMessage::Reply { id: 1, reply: Reply::Refused { reason: text() } },
                ServerMessage::Reply { id: 1, reply: Reply::Done { message: text() } },
                ServerMessage::Reply { id: 1, reply: Reply::Missed { miss } },
                ServerMessage::Transitions { transitions: vec![transition] },
            ] {
                assert!(framing::line(&message).is_err());
                framing::line(&message.bounded()).unwrap();
            }
        }
    }
}
