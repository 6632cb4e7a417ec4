//! How far one gem5 process has come.

use serde::{Deserialize, Serialize};

/// The phases of a gem5 process, in order. Each is told from evidence in its output directory and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The process exists and has written nothing.
    Starting,
    /// The configuration script runs.
    Configuring,
    /// `config.ini` exists: the objects are being built.
    Building,
    /// The event queue runs.
    Running,
    /// A stats block is being written.
    Dumping,
    /// The main process is gone, its tree is not.
    Exiting,
}

/// What tells the phase of a process, all of it cheap to look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent observation")]
pub struct PhaseEvidence {
    /// `stats.txt` exists; gem5 makes it, empty, before it runs the script.
    pub stats_txt: bool,
    /// `config.ini` exists; `m5.instantiate()` writes it first.
    pub config_ini: bool,
    /// `citations.bib` exists; gem5 23.1 and later write it last in `m5.instantiate()`.
    pub citations_bib: bool,
    /// The log tells that the event queue was entered; gem5 25.0 and later do not say so.
    pub event_queue_entered: bool,
    /// A block of `stats.txt` has begun and not ended.
    pub open_block: bool,
    /// The main process exists.
    pub main_alive: bool,
}

impl From<&PhaseEvidence> for Phase {
    /// The furthest phase that the evidence shows. All objects built counts as running, because a gem5 that does not
    /// tell when it enters the event queue enters it right after.
    fn from(evidence: &PhaseEvidence) -> Self {
        if !evidence.main_alive {
            Self::Exiting
        } else if evidence.open_block {
            Self::Dumping
        } else if evidence.event_queue_entered || evidence.citations_bib {
            Self::Running
        } else if evidence.config_ini {
            Self::Building
        } else if evidence.stats_txt {
            Self::Configuring
        } else {
            Self::Starting
        }
    }
}

impl Phase {
    /// The word for the screen, the command line and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Configuring => "configuring",
            Self::Building => "building",
            Self::Running => "running",
            Self::Dumping => "dumping",
            Self::Exiting => "exiting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_through_its_phases_in_order() {
        let mut evidence = PhaseEvidence { main_alive: true, ..PhaseEvidence::default() };
        let mut seen = vec![Phase::from(&evidence)];
        let steps: [fn(&mut PhaseEvidence); 5] = [
            |e| e.stats_txt = true,
            |e| e.config_ini = true,
            |e| e.event_queue_entered = true,
            |e| e.open_block = true,
            |e| e.main_alive = false,
        ];
        for step in steps {
            step(&mut evidence);
            seen.push(Phase::from(&evidence));
        }
        let all =
            [Phase::Starting, Phase::Configuring, Phase::Building, Phase::Running, Phase::Dumping, Phase::Exiting];
        assert_eq!(seen, all);
    }

    #[test]
    fn a_gem5_that_does_not_tell_of_its_event_queue_is_seen_running() {
        let evidence = PhaseEvidence {
            stats_txt: true,
            config_ini: true,
            citations_bib: true,
            main_alive: true,
            ..PhaseEvidence::default()
        };
        assert_eq!(Phase::from(&evidence), Phase::Running);
    }
}
