//! What a suite has spawned, as plans and records know it: which call it is, and what it is called with.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::parameter::Parameter;

/// What becomes of the simulations of a suite that has ended otherwise than ok.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnSuiteEnd {
    /// They go on, and its next attempt finds them.
    #[default]
    GoOn,
    /// They are cancelled.
    Cancel,
}

/// Where a simulation comes from that no file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawned {
    /// The suite that asked for it.
    pub suite: String,
    /// Which of its calls it is.
    pub call: CallId,
    /// The pool of the script that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<ScriptPool>,
}

/// A call of a suite, as each of its attempts names it again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId {
    /// A hash of the function and its arguments.
    pub key: String,
    /// Which one it is of the calls that are equal, counted from one.
    pub occurrence: u32,
}

/// A `Pool` of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScriptPool {
    /// Which one of the script, counted from one.
    pub number: u32,
    /// How many of its tasks run at once.
    pub processes: u32,
}

/// The arguments of a call that Python has pickled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pickled {
    /// Where they are: seen from the experiment directory in a plan, which may be moved, and absolute in the record of a launch.
    pub path: PathBuf,
    /// A hash of the function and its arguments, equal for equal ones.
    pub key: String,
    /// The source files that the function comes from, absolute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<PathBuf>,
}

/// What a suite asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Which of its calls it is.
    pub call: CallId,
    /// The module of the function.
    pub module: String,
    /// The function in it.
    pub function: String,
    /// The function and its arguments, for people.
    pub parameters: Vec<Parameter>,
    /// The arguments.
    pub pickled: Pickled,
    /// The pool.
    pub pool: Option<ScriptPool>,
}

impl OnSuiteEnd {
    /// Both.
    pub const ALL: [Self; 2] = [Self::GoOn, Self::Cancel];

    /// What it is called in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::GoOn => "go-on",
            Self::Cancel => "cancel",
        }
    }
}
