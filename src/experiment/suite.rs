//! A script that spawns simulations while it runs, and the simulations that came of it.
//!
//! The file names the script alone. What it spawns becomes a simulation of the plan like any other: what the script asks
//! for fills the name and the call into [`Suite::spawned`], and the file decides everything else. So an edited limit counts
//! for what was spawned before, too, and a plan that is made anew from the file keeps what its suites have spawned.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::plan::{Call, Gem5Run, Plan, Program, Run, Simulation, Suite};
use super::spawned::{Asked, Spawned};

/// What stands for the name of a simulation in what is said of all that a suite spawns. No text of a file can hold it.
pub(super) const NAMELESS: &str = "\0";

impl Simulation {
    /// The suite that it is, if it is one.
    pub fn suite(&self) -> Option<&Suite> {
        match self.run.program()? {
            Program::Suite(suite) => Some(suite),
            Program::Script { .. } | Program::MultiSim { .. } | Program::Function(_) => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn suite_mut(&mut self) -> Option<&mut Suite> {
        match &mut self.run {
            Run::Gem5(Gem5Run { program: Program::Suite(suite), .. }) => Some(suite),
            Run::Gem5(_) | Run::Step { .. } => None,
        }
    }
}

/// Adds to `plan`, made anew from its file, what its suites had spawned `before`, as the file has it now. What a suite has spawned
/// that is not in the file any more is left out, and so is what has the name of a simulation of the file by now.
pub fn keep_spawned(plan: &mut Plan, before: &[Simulation]) {
    let suites: HashMap<&str, &Suite> =
        plan.simulations.iter().filter_map(|one| Some((one.name.as_str(), one.suite()?))).collect();
    if suites.is_empty() {
        return;
    }
    // Some file systems fold case.
    let mut taken: HashSet<String> = plan.simulations.iter().map(|one| one.name.to_ascii_lowercase()).collect();
    let mut kept = Vec::new();
    for child in before {
        let suite = child.spawned.as_ref().and_then(|spawned| suites.get(spawned.suite.as_str()));
        if let Some(renewed) = suite.and_then(|suite| suite.renewed(child))
            && taken.insert(child.name.to_ascii_lowercase())
        {
            kept.push(renewed);
        }
    }
    plan.simulations.extend(kept);
}

impl Suite {
    /// The simulation for what the suite called `suite` asks, under that name.
    pub fn simulation(&self, suite: &str, name: String, asked: Asked) -> Simulation {
        let Asked { call, module, function, parameters, pickled, pool } = asked;
        let search_path = self.path.parent().map(ToOwned::to_owned).unwrap_or_default();
        let (args, kwargs, pickled) = (Vec::new(), serde_json::Map::new(), Some(Box::new(pickled)));
        let call_of = Call { module, function, args, kwargs, search_path, pickled };
        let spawned = Some(Box::new(Spawned { suite: suite.to_owned(), call, pool }));
        let simulation = self.spawned_by(&name, Program::Function(Box::new(call_of)));
        Simulation { name, parameters, spawned, ..simulation }
    }

    /// What was spawned before, as the file has it now. None if it is no call of a suite.
    pub fn renewed(&self, before: &Simulation) -> Option<Simulation> {
        let program @ Program::Function(_) = before.run.program()?.clone() else { return None };
        Some(Simulation {
            name: before.name.clone(),
            parameters: before.parameters.clone(),
            spawned: before.spawned.clone(),
            ..self.spawned_by(&before.name, program)
        })
    }

    /// What all that it spawns is, with the name of one in its place.
    pub fn spawned_as(&self, name: &str) -> Simulation {
        let program = Program::Script { path: self.path.clone(), args: Vec::new() };
        self.spawned_by(name, self.spawned.run.program().cloned().unwrap_or(program))
    }

    fn spawned_by(&self, name: &str, program: Program) -> Simulation {
        let text = |text: &String| text.replace(NAMELESS, name);
        let path = |path: &Path| PathBuf::from(path.to_string_lossy().replace(NAMELESS, name));
        let run = match &self.spawned.run {
            Run::Gem5(Gem5Run { gem5, gem5_args, program: _ }) => {
                Run::Gem5(Gem5Run { gem5: path(gem5), gem5_args: gem5_args.iter().map(text).collect(), program })
            }
            step @ Run::Step { .. } => step.clone(),
        };
        let env = self.spawned.env.iter().map(|(name, value)| (name.clone(), value.as_ref().map(text))).collect();
        let (cwd, prefix) = (path(&self.spawned.cwd).into(), self.spawned.prefix.iter().map(text).collect());
        Simulation { prefix, run, env, cwd, ..(*self.spawned).clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::experiment::plan::Pool;
    use crate::experiment::{CallId, OnSuiteEnd, Parameter, Pickled};
    use crate::experiment::{Concurrency, results::ResultsRule};

    fn suite(timeout: u64) -> Simulation {
        let script = || Program::Script { path: "/lab/test.py".into(), args: Vec::new() };
        let run = Gem5Run {
            gem5: "/b/gem5.opt".into(),
            gem5_args: vec!["--debug-file=\0.txt".to_owned()],
            program: script(),
        };
        let spawned = Simulation {
            timeout: Some(Duration::from_secs(timeout)),
            memory: Some(timeout),
            env: BTreeMap::from([("OUT".to_owned(), Some("/runs/\0/latest/m5out".to_owned())), ("B".to_owned(), None)]),
            pool: Some(Pool { id: 0, processes: 3 }),
            ..Simulation::of("", Run::Gem5(run), "/lab")
        };
        let (path, args, on_end) = (PathBuf::from("/lab/test.py"), Vec::new(), OnSuiteEnd::GoOn);
        let suite = Suite { path, args, spawned: Box::new(spawned), on_end, fresh: false };
        Simulation::new("test", "/b/gem5.opt", Program::Suite(Box::new(suite)), "/lab")
    }

    fn asked(key: &str) -> Asked {
        let (call, path) = (CallId { key: key.to_owned(), occurrence: 1 }, PathBuf::from("/runs/test/1.pickle"));
        let pickled = Pickled { path, key: key.to_owned(), modules: vec!["/lab/sim.py".into()] };
        let (module, function) = ("sim".to_owned(), "run".to_owned());
        Asked { call, module, function, parameters: vec![Parameter::text("name", key)], pickled, pool: None }
    }

    fn plan(simulations: Vec<Simulation>) -> Plan {
        Plan {
            name: "exp".to_owned(),
            source: "/lab/exp.yaml".into(),
            outdir: "/runs".into(),
            concurrency: Concurrency::Auto,
            memory: None,
            min_free_disk: None,
            stop_after: crate::experiment::StopAfter::default(),
            notify: Vec::new(),
            courtesy: crate::experiment::executor::Courtesy::default(),
            awaiting: Vec::new(),
            sources: Vec::new(),
            origin: None,
            results: ResultsRule::default(),
            simulations,
        }
    }

    /// A plan whose suite has spawned two, as it was recorded.
    fn ran(timeout: u64) -> Vec<Simulation> {
        let suite = suite(timeout);
        let child = |name: &str| suite.suite().unwrap().simulation("test", format!("test.run-{name}"), asked(name));
        let children = [child("bob"), child("jane")];
        plan([vec![suite.clone()], children.to_vec()].concat()).redacted().simulations
    }

    #[test]
    fn what_a_suite_spawns_has_its_own_name_wherever_the_file_speaks_of_it() {
        let [_, bob, _] = &ran(5)[..] else { panic!("one suite and two that it spawned") };
        assert_eq!(bob.env["OUT"].as_deref(), Some("/runs/test.run-bob/latest/m5out"));
        let Run::Gem5(run) = &bob.run else { panic!("it runs gem5") };
        assert_eq!(run.gem5_args, ["--debug-file=test.run-bob.txt"]);
        assert!(!serde_json::to_string(bob).unwrap().contains("\\u0000"));
    }

    #[test]
    fn an_edited_file_keeps_what_its_suites_have_spawned_with_its_new_limits() {
        let mut edited = plan(vec![suite(60)]);
        keep_spawned(&mut edited, &ran(5));
        let [_, bob, jane] = &edited.simulations[..] else { panic!("{:?}", edited.simulations) };
        assert_eq!((&*bob.name, &*jane.name), ("test.run-bob", "test.run-jane"));
        for (child, before) in [bob, jane].into_iter().zip(&ran(5)[1..]) {
            assert_eq!((child.timeout, child.memory), (Some(Duration::from_mins(1)), Some(60)));
            assert_eq!((&child.spawned, &child.parameters), (&before.spawned, &before.parameters));
            assert_eq!(child.run, before.run, "the call is what was asked for");
        }
        let before = edited.clone();
        keep_spawned(&mut edited, &before.simulations);
        assert_eq!(edited, before, "once is enough");
    }

    #[test]
    fn what_no_suite_of_the_file_has_spawned_is_not_kept() {
        let script = Program::Script { path: "/lab/s.py".into(), args: Vec::new() };
        let other = |name: &str| Simulation::new(name, "/b/gem5.opt", script.clone(), "/lab");
        for simulations in [vec![], vec![other("test")], vec![other("a")]] {
            let mut edited = plan(simulations.clone());
            keep_spawned(&mut edited, &ran(5));
            assert_eq!(edited.simulations, simulations);
        }
        // The file has taken a name by now; some file systems fold case.
        let mut edited = plan(vec![suite(5), other("TEST.run-bob")]);
        keep_spawned(&mut edited, &ran(5));
        let names: Vec<&str> = edited.simulations.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["test", "TEST.run-bob", "test.run-jane"]);
    }

    #[test]
    fn what_a_suite_says_of_secrets_is_not_recorded() {
        let mut suite = suite(5);
        let withheld = |env: &mut BTreeMap<_, _>| env.insert("MY_TOKEN".to_owned(), Some("abcdefgh".to_owned()));
        withheld(&mut suite.suite_mut().unwrap().spawned.env);
        assert!(!serde_json::to_string(&suite.redacted()).unwrap().contains("abcdefgh"));
    }
}
