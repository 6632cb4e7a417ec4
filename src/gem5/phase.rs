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
    /// Something that only a simulation makes: a complete dump, a checkpoint, a line that tells a tick, a word on the console of
    /// the simulated system.
    pub simulated: bool,
    /// A block of `stats.txt` has begun and not ended.
    pub open_block: bool,
    /// gem5 handles SIGCONT (bit 0x20000 of `SigCgt` in `/proc/PID/status`): gem5 25.0 and later do so from the
    /// first `simulate()` on (`src/sim/init_signals.cc`). Tells nothing of older ones, nor before all objects are built: a client
    /// of a container takes every signal, to hand it on.
    pub handles_sigcont: bool,
    /// gem5's version as major and minor number, if the log told it: see [`release()`].
    pub release: Option<(u32, u32)>,
    /// The main process exists.
    pub main_alive: bool,
}

/// Major and minor number of a version such as `24.0.0.1` or `DEVELOP-FOR-25.1`.
pub fn release(version: &str) -> Option<(u32, u32)> {
    let numbers = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut parts = numbers.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

impl PhaseEvidence {
    /// Whether the event queue was entered. gem5 up to 24.1 says so; later ones show it by the signal that they then
    /// handle. Of one whose version is not known, all objects built count, because most scripts enter it right after.
    fn running(&self) -> bool {
        let by_version = match self.release {
            Some((25.., _)) => self.handles_sigcont && self.citations_bib,
            Some(_) => false,
            None => self.citations_bib,
        };
        self.event_queue_entered || self.simulated || by_version
    }
}

impl From<&PhaseEvidence> for Phase {
    /// The furthest phase that the evidence shows.
    fn from(evidence: &PhaseEvidence) -> Self {
        if !evidence.main_alive {
            Self::Exiting
        } else if evidence.open_block {
            Self::Dumping
        } else if evidence.running() {
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

/// A phase that a process came to, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// The phase.
    pub phase: Phase,
    /// What shows it.
    pub evidence: &'static str,
}

/// The phases that a process came to, in order, from what it left behind. A phase without a trace of its own is not
/// listed, except the first one, which every process has.
pub fn phases_reached(evidence: &PhaseEvidence, dumps: u32) -> Vec<Reached> {
    let built = evidence.citations_bib;
    let was_running = evidence.running() || dumps > 0 || evidence.open_block;
    let traces = [
        (Phase::Starting, true, "it has an output directory"),
        (Phase::Configuring, evidence.stats_txt || evidence.config_ini, "gem5 opened its stats and ran the script"),
        (Phase::Building, evidence.config_ini && !built, "config.ini"),
        (Phase::Building, built, "config.ini, and all objects built: citations.bib"),
        (Phase::Running, was_running && evidence.event_queue_entered, "the log: the event queue was entered"),
        (Phase::Running, was_running && !evidence.event_queue_entered, "what only a simulation makes"),
        (Phase::Dumping, evidence.open_block, "a stats block that has no end"),
        (Phase::Dumping, dumps > 0 && !evidence.open_block, "complete stats blocks"),
        (Phase::Exiting, !evidence.main_alive, "the process has ended"),
    ];
    traces.into_iter().filter(|(_, shown, _)| *shown).map(|(phase, _, evidence)| Reached { phase, evidence }).collect()
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

    fn built(release: Option<(u32, u32)>) -> PhaseEvidence {
        PhaseEvidence {
            stats_txt: true,
            config_ini: true,
            citations_bib: true,
            release,
            main_alive: true,
            ..PhaseEvidence::default()
        }
    }

    #[test]
    fn a_gem5_that_does_not_tell_of_its_event_queue_is_seen_running() {
        assert_eq!(Phase::from(&built(None)), Phase::Running);
        let silent = built(Some((25, 0)));
        assert_eq!(Phase::from(&silent), Phase::Building, "the script may still be busy");
        assert_eq!(Phase::from(&PhaseEvidence { handles_sigcont: true, ..silent }), Phase::Running);
        let client = PhaseEvidence { handles_sigcont: true, citations_bib: false, ..silent };
        assert_eq!(Phase::from(&client), Phase::Building, "what takes every signal says nothing of the simulation");
        assert_eq!(Phase::from(&PhaseEvidence { simulated: true, ..silent }), Phase::Running);
    }

    #[test]
    fn a_gem5_that_tells_of_its_event_queue_is_believed() {
        let telling = built(Some((24, 1)));
        assert_eq!(Phase::from(&telling), Phase::Building);
        let at_sigcont = PhaseEvidence { handles_sigcont: true, ..telling };
        assert_eq!(Phase::from(&at_sigcont), Phase::Building, "before 25.0 the signal means nothing");
        assert_eq!(Phase::from(&PhaseEvidence { event_queue_entered: true, ..telling }), Phase::Running);
        let old = PhaseEvidence { citations_bib: false, ..built(Some((20, 1))) };
        assert_eq!(Phase::from(&old), Phase::Building);
    }

    #[test]
    fn versions_are_read_however_they_are_written() {
        for (version, expected) in [
            ("24.0.0.1", Some((24, 0))),
            ("20.1.0.5", Some((20, 1))),
            ("[DEVELOP-FOR-25.1]", Some((25, 1))),
            ("25.0", Some((25, 0))),
            ("99999999999.1", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(release(version), expected, "{version}");
        }
    }

    #[test]
    fn the_history_of_an_ended_run_lists_what_left_a_trace() {
        let words = |evidence: &PhaseEvidence, dumps| {
            phases_reached(evidence, dumps).iter().map(|reached| reached.phase.word()).collect::<Vec<_>>()
        };
        let ended = PhaseEvidence { main_alive: false, event_queue_entered: true, ..built(Some((24, 0))) };
        assert_eq!(words(&ended, 1), ["starting", "configuring", "building", "running", "dumping", "exiting"]);
        assert_eq!(words(&ended, 0), ["starting", "configuring", "building", "running", "exiting"]);
        let early = PhaseEvidence { stats_txt: true, ..PhaseEvidence::default() };
        assert_eq!(words(&early, 0), ["starting", "configuring", "exiting"]);
    }
}
