//! What a script that spawns asks for, and what it is told: files in `spawns/` of its attempt.
//!
//! Nothing of this has to outlast a power cut: the script does not, and its next attempt asks anew. What a plan is made of is
//! synced before that is recorded.
//!
//! The script writes a request and waits for an answer; between them no process has to live but the script. So an engine may
//! die and another one take its place, and a script never knows.
//!
//! | file | by | |
//! |---|---|---|
//! | `N.pickle` | the script | the function and its arguments |
//! | `N.json` | the script | [`Request`]: what is asked |
//! | `N.stop.json` | the script | it wants no answer any more: `terminate()` |
//! | `N.taken.json` | engine | [`Taken`]: which simulation it is, and which attempts of it count |
//! | `N.answer.json` | engine | [`Answer`]: how it ended, after all retries |
//! | `bell` | the script | a FIFO into which the engine writes a byte with each answer; a hint, and nothing else |

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AttemptDir;
use super::atomic::{self, RecordError};
use super::follow::open_with_facts;
use super::record::{End, Exit, FORMAT};
use super::trust::{self, What};
use crate::experiment::secret::{self, WITHHELD};
use crate::experiment::{Asked, CallId, Pickled, ScriptPool};
use crate::experiment::{Parameter, ParameterValue};
use crate::gem5::OutcomeKind;

/// A request has so many parameters at most; they are for people.
const MOST_PARAMETERS: usize = 50;

/// Characters of a parameter that are kept.
const LONGEST: usize = 200;

/// `spawns/` of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spawns(PathBuf);

/// What is asked: a call of a function in a simulation of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Always 1.
    pub format: u32,
    /// Counted from one, in the order of the script.
    pub number: u32,
    /// What people may call it.
    label: String,
    /// The module of the function.
    pub module: String,
    /// The function in it.
    pub function: String,
    /// The function and its arguments, for people: scalars of JSON.
    #[serde(default)]
    pub parameters: Vec<(String, Value)>,
    /// A hash of the function and its arguments, equal for equal ones.
    pub key: String,
    /// Which one it is of the calls of this attempt that have the same key, counted from one.
    pub occurrence: u32,
    /// The source files that the function comes from, absolute.
    #[serde(default)]
    pub modules: Vec<PathBuf>,
    /// The pool that it is a task of.
    #[serde(default)]
    pub pool: Option<PoolAsked>,
    /// Whether a result from before does not serve.
    #[serde(default)]
    pub fresh: bool,
}

/// The pool of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolAsked {
    /// Which one of the script, counted from one.
    pub number: u32,
    /// How many of its tasks run at once; none for as many as there are places.
    pub processes: Option<u32>,
}

/// What a call has become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Always 1.
    pub format: u32,
    /// The simulation.
    pub simulation: String,
    /// Its directory, absolute.
    pub directory: PathBuf,
    /// The last of its attempts that does not count for this call, because another one was asked for; 0 if all do.
    pub after: u32,
    /// Whether its result was there before.
    pub before: bool,
    /// Why what was there before does not count, if there was something: what has changed, or how it had ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Always 1.
    pub format: u32,
    /// The request's number.
    pub number: u32,
    /// The simulation.
    pub simulation: String,
    /// The attempt that counts; 0 if it had none.
    pub attempt: u32,
    /// The directory of that attempt, or of the simulation if it had none.
    pub directory: PathBuf,
    /// Whether it ended ok.
    pub ok: bool,
    /// Its outcome.
    pub outcome: OutcomeKind,
    /// Why, in one line.
    pub line: String,
    /// How the process ended, where that was seen.
    pub exit: Option<ProcessEnd>,
    /// Whether the result was there before, so that nothing was simulated.
    pub before: bool,
    /// Why what was there before does not count, if there was something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessEnd {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl ProcessEnd {
    /// How the process of an attempt ended, if that was seen.
    pub fn recorded(dir: &AttemptDir) -> Option<Self> {
        match atomic::read_json::<Exit>(&dir.exit()).ok()??.end {
            End::Exited { code } => Some(Self::Code(code)),
            End::Signaled { signal, .. } => Some(Self::Signal(signal)),
            End::NotStarted { .. } => None,
        }
    }
}

/// One call, as far as its files tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Spawn {
    /// What is asked.
    pub request: Request,
    /// What has become of it, if an engine has decided that.
    pub taken: Option<Taken>,
    /// How it ended, if it has.
    pub answer: Option<Answer>,
    /// Whether the script wants it ended.
    pub stopped: bool,
}

impl Request {
    /// What people may call it: without the values of its arguments where one of them looks like a secret.
    pub fn label(&self) -> &str {
        let holds_secret = self.parameters.iter().any(|(name, value)| is_secret(name, value));
        if holds_secret { &self.function } else { &self.label }
    }

    /// The same as the plan has it, with the pickle in `spawns`.
    pub fn asked(&self, spawns: &Spawns) -> Asked {
        let parameter = |(name, value): &(String, Value)| {
            // It goes into rows, plans and reports. The function has it from its pickle.
            let value =
                if is_secret(name, value) { Parameter::text("", WITHHELD).value } else { parameter_value(value) };
            Parameter { name: name.chars().take(LONGEST).collect(), value }
        };
        Asked {
            call: CallId { key: self.key.clone(), occurrence: self.occurrence },
            module: self.module.clone(),
            function: self.function.clone(),
            parameters: self.parameters.iter().take(MOST_PARAMETERS).map(parameter).collect(),
            pickled: Pickled { path: spawns.pickle(self.number), key: self.key.clone(), modules: self.modules.clone() },
            pool: self
                .pool
                .and_then(|PoolAsked { number, processes }| Some(ScriptPool { number, processes: processes? })),
        }
    }
}

fn is_secret(name: &str, value: &Value) -> bool {
    value.as_str().is_some_and(|value| secret::shown(name, value) != value)
}

fn parameter_value(value: &Value) -> ParameterValue {
    match value {
        Value::Null => ParameterValue::Absent,
        Value::Bool(value) => ParameterValue::Bool { value: *value, text: value.to_string() },
        Value::Number(number) => ParameterValue::Number { value: number.clone(), text: number.to_string() },
        Value::String(text) => Parameter::text("", text.chars().take(LONGEST).collect::<String>()).value,
        other => Parameter::text("", other.to_string().chars().take(LONGEST).collect::<String>()).value,
    }
}

impl Spawns {
    /// Those of the attempt in `dir`.
    pub fn of(dir: &AttemptDir) -> Self {
        Self(dir.path().join("spawns"))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the directory.
    ///
    /// # Errors
    /// What the system says, also that it is there.
    pub fn make(&self) -> io::Result<()> {
        // Not as the umask has it: whoever can write here can have things run.
        fs::DirBuilder::new().mode(0o755).create(&self.0)
    }

    /// The pickle of a request.
    pub fn pickle(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number}.pickle"))
    }

    fn request(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number}.json"))
    }

    fn taken(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number}.taken.json"))
    }

    fn answered(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number}.answer.json"))
    }

    /// Which requests there are, each with whether the script wants it ended. The numbers alone: what is old is not read again.
    ///
    /// # Errors
    /// What the system says of the directory, unless it is not there.
    pub fn list(&self) -> io::Result<BTreeMap<u32, bool>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            entries => entries?,
        };
        let mut found = BTreeMap::new();
        let mut stops = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
            if let Ok(number) = stem.parse::<u32>() {
                found.insert(number, false);
            } else if let Some(Ok(number)) = stem.strip_suffix(".stop").map(str::parse::<u32>) {
                stops.push(number);
            }
        }
        for number in stops {
            found.entry(number).and_modify(|stopped| *stopped = true);
        }
        Ok(found)
    }

    /// The number of the call that a request or a stop at this path is about; none for any other file.
    pub fn number_of(path: &Path) -> Option<u32> {
        let stem = path.file_name()?.to_str()?.strip_suffix(".json")?;
        stem.strip_suffix(".stop").unwrap_or(stem).parse().ok()
    }

    /// Whether the script wants a call ended.
    pub fn is_stopped(&self, number: u32) -> bool {
        self.0.join(format!("{number}.stop.json")).exists()
    }

    /// Reads what there is of one call; none if its request is not there.
    ///
    /// # Errors
    /// What is wrong with one of its records.
    pub fn read(&self, number: u32, stopped: bool) -> Result<Option<Spawn>, RecordError> {
        let Some(request) = atomic::read_json::<Request>(&self.request(number))? else { return Ok(None) };
        let taken = atomic::read_json(&self.taken(number))?;
        let answer = atomic::read_json(&self.answered(number))?;
        Ok(Some(Spawn { request: Request { number, ..request }, taken, answer, stopped }))
    }

    /// Sees to it that the pickle of a request outlasts a power cut: what is made of it is recorded next.
    ///
    /// # Errors
    /// What the system says, that it is no file, or that somebody else can have written it: who reads a pickle does what stands
    /// in it.
    pub fn settle(&self, number: u32) -> io::Result<()> {
        let path = self.pickle(number);
        let (file, facts) = open_with_facts(&path)?;
        trust::check(&facts, &path, What::Record)?;
        file.sync_all()
    }

    /// Sees to it that the names in the directory outlast a power cut.
    ///
    /// # Errors
    /// What the system says.
    pub fn settle_names(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Writes down what has become of a call.
    ///
    /// # Errors
    /// What the system says.
    pub fn take(&self, number: u32, taken: &Taken) -> io::Result<()> {
        atomic::write_for_now(&self.taken(number), taken)
    }

    /// Why what was there before a call does not count for it, as it was written down.
    pub fn because(&self, number: u32) -> Vec<String> {
        atomic::read_json::<Taken>(&self.taken(number)).ok().flatten().map(|taken| taken.because).unwrap_or_default()
    }

    /// Tells the script how a call ended.
    ///
    /// # Errors
    /// What the system says.
    pub fn answer(&self, answer: &Answer) -> io::Result<()> {
        atomic::write_for_now(&self.answered(answer.number), answer)?;
        self.ring();
        Ok(())
    }

    /// Tells the script that nothing comes of a request that cannot be read. A second time it is told nothing.
    ///
    /// # Errors
    /// What the system says.
    pub fn refuse(&self, number: u32, why: &str) -> io::Result<()> {
        if self.answered(number).exists() {
            return Ok(());
        }
        self.answer(&Answer {
            format: FORMAT,
            number,
            simulation: format!("request {number}"),
            attempt: 0,
            directory: self.0.clone(),
            ok: false,
            outcome: OutcomeKind::NotStarted,
            line: why.to_owned(),
            exit: None,
            before: false,
            because: Vec::new(),
        })
    }

    /// Wakes the script. It looks by itself too, now and then.
    fn ring(&self) {
        let mut options = OpenOptions::new();
        let bell = options.write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(self.0.join("bell"));
        let Ok(mut bell) = bell else { return };
        if bell.metadata().is_ok_and(|meta| meta.file_type().is_fifo()) {
            // A full one rings already.
            _ = bell.write(b"!");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_request_is_read_with_all_that_belongs_to_it_and_its_parameters_are_typed() {
        let place = tempfile::tempdir().unwrap();
        let spawns = Spawns::of(&AttemptDir::new(place.path()));
        assert_eq!(spawns.list().unwrap(), BTreeMap::new());
        spawns.make().unwrap();
        let request = r#"{"format": 1, "number": 3, "label": "run-1", "module": "sim", "function": "run",
            "parameters": [["function", "sim.run"], ["ways", 8], ["l2", "1MiB"], ["fast", true], ["x", null]],
            "key": "k", "occurrence": 1, "pool": {"number": 1, "processes": 4}}"#;
        fs::write(spawns.path().join("3.json"), request).unwrap();
        fs::write(spawns.path().join(".4.json.tmp"), "{").unwrap();
        fs::write(spawns.path().join("3.stop.json"), "{}").unwrap();
        fs::write(spawns.path().join("9.stop.json"), "{}").unwrap();
        assert_eq!(spawns.list().unwrap(), BTreeMap::from([(3, true)]));
        let read = spawns.read(3, true).unwrap().unwrap();
        assert!(read.stopped && read.taken.is_none() && read.answer.is_none());
        let asked = read.request.asked(&spawns);
        let texts: Vec<String> = asked.parameters.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["function=sim.run", "ways=8", "l2=1MiB", "fast=true", "x=none"]);
        assert!(matches!(asked.parameters[2].value, ParameterValue::Size { bytes: 1_048_576, .. }));
        assert_eq!(spawns.read(4, false).unwrap(), None);
    }

    #[test]
    fn an_argument_that_looks_like_a_secret_is_in_no_row_and_in_no_name() {
        let request = |parameters: &str| {
            let text = format!(
                r#"{{"format": 1, "number": 1, "label": "run-hunter2-x", "module": "sim", "function": "run",
                "parameters": {parameters}, "key": "k", "occurrence": 1}}"#
            );
            serde_json::from_str::<Request>(&text).unwrap()
        };
        let spawns = Spawns::of(&AttemptDir::new("/out"));
        for parameters in [r#"[["api_token", "hunter2"], ["x", "y"]]"#, r#"[["a", "https://u:hunter2@host/"]]"#] {
            let request = request(parameters);
            let asked = request.asked(&spawns);
            assert!(!format!("{:?}", asked.parameters).contains("hunter2"), "{asked:?}");
            assert_eq!(request.label(), "run");
        }
        // A number is none, nor is a plain word.
        assert_eq!(request(r#"[["keys", 3], ["who", "hunter2"]]"#).label(), "run-hunter2-x");
    }

    #[test]
    fn what_cannot_be_read_is_refused_once_and_takes_no_answer_back() {
        let place = tempfile::tempdir().unwrap();
        let spawns = Spawns::of(&AttemptDir::new(place.path()));
        spawns.make().unwrap();
        spawns.refuse(1, "no request").unwrap();
        spawns.refuse(1, "again").unwrap();
        let answer: Answer = atomic::read_json(&spawns.answered(1)).unwrap().unwrap();
        assert_eq!((answer.ok, answer.outcome, answer.line.as_str()), (false, OutcomeKind::NotStarted, "no request"));
    }

    #[test]
    fn a_pickle_that_is_no_file_of_ours_is_not_waited_for_and_not_taken() {
        let place = tempfile::tempdir().unwrap();
        let spawns = Spawns::of(&AttemptDir::new(place.path()));
        spawns.make().unwrap();
        nix::unistd::mkfifo(&spawns.pickle(1), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::write(spawns.pickle(2), "").unwrap();
        fs::set_permissions(spawns.pickle(2), fs::Permissions::from_mode(0o666)).unwrap();
        fs::write(spawns.pickle(3), "").unwrap();
        fs::set_permissions(spawns.pickle(3), fs::Permissions::from_mode(0o600)).unwrap();
        let settled: Vec<bool> = (1..5).map(|number| spawns.settle(number).is_ok()).collect();
        assert_eq!(settled, [false, false, true, false]);
    }

    #[test]
    fn an_answer_needs_no_bell_and_rings_no_other_file() {
        let place = tempfile::tempdir().unwrap();
        let spawns = Spawns::of(&AttemptDir::new(place.path()));
        spawns.make().unwrap();
        let answer = Answer {
            format: 1,
            number: 1,
            simulation: "a".to_owned(),
            attempt: 1,
            directory: "/a/attempt-1".into(),
            ok: false,
            outcome: OutcomeKind::Killed,
            line: "SIGKILL".to_owned(),
            exit: Some(ProcessEnd::Signal(9)),
            before: false,
            because: Vec::new(),
        };
        spawns.answer(&answer).unwrap();
        fs::write(spawns.path().join("bell"), "").unwrap();
        spawns.answer(&answer).unwrap();
        assert_eq!(fs::read(spawns.path().join("bell")).unwrap(), b"");
        let written: Value = serde_json::from_slice(&fs::read(spawns.answered(1)).unwrap()).unwrap();
        assert_eq!(written["exit"], serde_json::json!({"signal": 9}));
    }
}
