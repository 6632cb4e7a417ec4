//! A script that spawns simulations while it runs, and the simulations that came of it.
//!
//! The file names the script alone. What it spawns becomes a simulation of the plan like any other: what the script asks
//! for fills the name and the call into [`Suite::spawned`], and the file decides everything else. So an edited limit counts
//! for what was spawned before, too, and a plan that is made anew from the file keeps what its suites have spawned.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Call, Gem5Run, Parameter, Program, Run, Simulation};

/// A script that runs in a gem5 of its own and spawns simulations by the words of `gem5.utils.multiprocessing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suite {
    /// The script, absolute.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// What each simulation is that it spawns, apart from its name, its parameters and its call.
    pub spawned: Box<Simulation>,
    /// What becomes of its simulations when it dies.
    #[serde(default, skip_serializing_if = "super::plan::is_default")]
    pub on_end: OnSuiteEnd,
    /// Whether it runs everything anew, whatever there is from before.
    #[serde(default, skip_serializing_if = "super::plan::is_default")]
    pub fresh: bool,
}

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
    /// Where they are, absolute.
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

impl Suite {
    /// The simulation for what the suite called `suite` asks, under that name.
    pub fn simulation(&self, suite: &str, name: String, asked: Asked) -> Simulation {
        let Asked { call, module, function, parameters, pickled, pool } = asked;
        let search_path = self.path.parent().map(ToOwned::to_owned).unwrap_or_default();
        let (args, kwargs, pickled) = (Vec::new(), serde_json::Map::new(), Some(pickled));
        let call_of = Call { module, function, args, kwargs, search_path, pickled };
        let spawned = Some(Spawned { suite: suite.to_owned(), call, pool });
        Simulation { name, parameters, spawned, ..self.spawned_by(Program::Function(call_of)) }
    }

    /// What was spawned before, as the file has it now. None if it is no call of a suite.
    pub fn renewed(&self, before: &Simulation) -> Option<Simulation> {
        let program @ Program::Function(_) = before.run.program()?.clone() else { return None };
        Some(Simulation {
            name: before.name.clone(),
            parameters: before.parameters.clone(),
            spawned: before.spawned.clone(),
            ..self.spawned_by(program)
        })
    }

    fn spawned_by(&self, program: Program) -> Simulation {
        let run = match &self.spawned.run {
            Run::Gem5(run) => Run::Gem5(Gem5Run { program, ..run.clone() }),
            step @ Run::Step { .. } => step.clone(),
        };
        Simulation { run, ..(*self.spawned).clone() }
    }
}
