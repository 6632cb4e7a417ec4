//! Which other hosts, and which containers of this one, are gone with all their processes, because a person said so.
//!
//! What was said is written down, because the next engine cannot see those processes either.

use std::collections::BTreeSet;
use std::io;

use super::atomic;
use super::layout::ExperimentDir;
use super::machine::{Machine, Origin, place};
use super::record::{Identity, Moment, Takeover};

/// What is gone: a host with the boot that was meant, because what it starts after a restart is another matter; or, with their
/// numbers, the namespaces of one machine that a container has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct GonePlace {
    host: String,
    boot_id: String,
    namespaces: Option<(Option<u64>, Option<u64>)>,
}

impl GonePlace {
    /// Where this process ran, if that can be gone while this machine is not.
    fn of(process: &Identity) -> Option<Self> {
        let namespaces = match Machine::here().ok()?.origin(process) {
            Origin::Host => None,
            Origin::Namespace => Some((process.pid_ns, process.time_ns)),
            Origin::Here | Origin::Before => return None,
        };
        Some(Self { host: process.host.clone(), boot_id: process.boot_id.clone(), namespaces })
    }

    fn holds(&self, process: &Identity) -> bool {
        let is_place = match self.namespaces {
            Some(gone) => gone == (process.pid_ns, process.time_ns),
            None => self.host == process.host,
        };
        is_place && self.boot_id == process.boot_id
    }
}

/// The hosts and containers that are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takeovers {
    gone: BTreeSet<GonePlace>,
}

impl Takeovers {
    /// What people have said in this experiment.
    pub fn read(outdir: &ExperimentDir) -> Self {
        let said: Vec<Takeover> = atomic::read_lines(&outdir.takeovers());
        let gone = said.into_iter().map(|Takeover { host, boot_id, pid_ns, time_ns, .. }| {
            let has_namespaces = pid_ns.is_some() || time_ns.is_some();
            GonePlace { host, boot_id, namespaces: has_namespaces.then_some((pid_ns, time_ns)) }
        });
        Self { gone: gone.collect() }
    }

    /// Whether the host or the container of this process is gone.
    pub fn holds(&self, process: &Identity) -> bool {
        self.gone.iter().any(|gone| gone.holds(process))
    }

    /// Writes down that the places of these processes are gone, but never this machine itself. `by` is the host from which it is
    /// said. Answers with the places in words.
    pub fn add(&mut self, outdir: &ExperimentDir, of: &[Identity], by: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for process in of {
            let Some(gone) = GonePlace::of(process).filter(|gone| !self.gone.contains(gone)) else { continue };
            let (pid_ns, time_ns) = gone.namespaces.unwrap_or_default();
            let (host, boot_id, by) = (gone.host.clone(), gone.boot_id.clone(), by.to_owned());
            let line = Takeover { host, boot_id, pid_ns, time_ns, at: Moment::now(), by };
            atomic::append_line(&outdir.takeovers(), &line)?;
            names.push(place(process));
            self.gone.insert(gone);
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process() -> Identity {
        Machine::here().unwrap().identity(1, 1)
    }

    #[test]
    fn a_container_that_is_gone_takes_nothing_else_of_its_machine_along() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let container = |ns| Identity { pid_ns: Some(ns), ..process() };
        let mut gone = Takeovers::default();
        assert_eq!(gone.add(&outdir, &[container(7), container(7), process()], "h").unwrap().len(), 1);
        let renamed = Identity { host: "renamed".into(), ..container(7) };
        let clock = Identity { time_ns: Some(7), ..process() };
        for gone in [&gone, &Takeovers::read(&outdir)] {
            assert!(gone.holds(&container(7)) && gone.holds(&renamed));
            assert!(!gone.holds(&container(8)) && !gone.holds(&process()) && !gone.holds(&clock));
            assert!(!gone.holds(&Identity { boot_id: "next".into(), ..container(7) }));
        }
    }

    #[test]
    fn a_host_that_is_gone_takes_its_containers_along() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let there = Identity { host: "node17".into(), boot_id: "there".into(), ..process() };
        let mut gone = Takeovers::default();
        assert_eq!(gone.add(&outdir, std::slice::from_ref(&there), "h").unwrap(), ["node17"]);
        assert!(gone.holds(&Identity { pid_ns: Some(7), ..there.clone() }));
        assert!(!gone.holds(&Identity { boot_id: "next".into(), ..there }));
    }
}
