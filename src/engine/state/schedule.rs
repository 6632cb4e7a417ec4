//! Who may start now, and why the others may not. Pure.
//!
//! Candidates are looked at in the order of their priorities and of the plan, those that were paused and asked to go on before
//! those that have not started. A candidate that does not fit (its memory, its pool) lets later ones pass: a plan is finite, so
//! the large one gets its turn.

use std::collections::HashMap;

use crate::experiment::Simulation;
use crate::protocol::{Basis, QueueState, Shortage, Wait};

/// One simulation that wants to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its index in the plan.
    pub sim: u32,
    /// Memory that starting it adds to what is in use, in bytes. Zero for a paused one: it never gave its memory back.
    pub memory: u64,
    /// How that is known.
    pub basis: Basis,
    /// Its pools and how many members of each run at once.
    pub pools: Pools,
    /// Its priority.
    pub priority: i32,
    /// Whether it is paused and asked to go on.
    pub resumes: bool,
    /// Whether it takes a place, and memory.
    pub takes_place: bool,
    /// Whether a batch system starts it.
    pub is_job: bool,
}

/// A cap within the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolOf {
    /// That of an entry of the experiment file.
    Entry(usize),
    /// That of the script of a suite, which is known by its index in the plan.
    Script {
        /// The suite.
        suite: u32,
        /// Which of its pools.
        number: u32,
    },
}

/// The pools that a simulation is in, of each kind one at most, with how many members run at once.
pub type Pools = [Option<(PoolOf, u32)>; 2];

/// The pools of a simulation that this suite has spawned, if one has.
pub fn pools(simulation: &Simulation, suite: Option<u32>) -> Pools {
    let of_entry = simulation.pool.as_ref().map(|pool| (PoolOf::Entry(pool.id), pool.processes));
    let of_script = simulation.spawned.as_ref().and_then(|spawned| spawned.pool).zip(suite);
    let of_script =
        of_script.map(|(pool, suite)| (PoolOf::Script { suite, number: pool.number }, pool.processes.max(1)));
    [of_entry, of_script]
}

/// What there is to give out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// How many simulations may run at once.
    pub cap: u32,
    /// How many run.
    pub running: u32,
    /// How many of them are jobs that are handed in and have not ended, whether they take a place or not, and how many there may be.
    pub jobs: (u32, u32),
    /// How many jobs are being handed in, and how many may be at once: what is refused must be known before the next one.
    pub handing_in: (u32, u32),
    /// How many others run, and how many may, where that is another number than the cap.
    pub here: Option<(u32, u32)>,
    /// Memory in use and the budget, in bytes.
    pub memory: Option<(u64, u64)>,
    /// Running members of each pool.
    pub pools: HashMap<PoolOf, u32>,
    /// Whether the queue launches.
    pub queue: QueueState,
    /// What the machine has too little of to launch anything, and what of that keeps jobs back.
    pub shortage: [Option<Shortage>; 2],
    /// How many launches may be tried, where launches have failed because of the machine: they fail together.
    pub tries: Option<u32>,
}

/// Decides for each candidate, in their order: `None` means that it starts now.
pub fn choose(candidates: &[Candidate], mut places: Places) -> Vec<Option<Wait>> {
    let mut starts = |candidate: &Candidate| {
        let starts = obstacle(candidate, &places).is_none();
        if starts {
            places.running += u32::from(candidate.takes_place);
            if candidate.is_job {
                places.jobs.0 += u32::from(!candidate.resumes);
                places.handing_in.0 += u32::from(!candidate.resumes);
            } else if let Some((running, _)) = &mut places.here {
                *running += u32::from(candidate.takes_place);
            }
            if let Some(tries) = &mut places.tries
                && !candidate.resumes
            {
                *tries -= 1;
            }
            if let Some((used, _)) = &mut places.memory {
                *used += if candidate.takes_place && !candidate.is_job { candidate.memory } else { 0 };
            }
            for (pool, _) in candidate.pools.into_iter().flatten() {
                *places.pools.entry(pool).or_default() += 1;
            }
        }
        starts
    };
    let starts: Vec<bool> = candidates.iter().map(&mut starts).collect();
    // What the others wait for is told as it is after these have started: places only get scarcer on the way.
    let verdict = |(candidate, starts)| if starts { None } else { obstacle(candidate, &places) };
    let mut verdicts: Vec<Option<Wait>> = candidates.iter().zip(starts).map(verdict).collect();
    tell_of_priorities(candidates, &mut verdicts);
    verdicts
}

/// Says of those that wait for the next free place alone whether others get it because of their priority.
fn tell_of_priorities(candidates: &[Candidate], verdicts: &mut [Option<Wait>]) {
    let waits = |candidate: &Candidate, verdict: Option<Wait>| !candidate.resumes && verdict == Some(Wait::Cap);
    let all = candidates.iter().zip(verdicts.iter());
    let Some(highest) = all.filter(|(one, verdict)| waits(one, **verdict)).map(|(one, _)| one.priority).max() else {
        return;
    };
    for (candidate, verdict) in candidates.iter().zip(verdicts) {
        if waits(candidate, *verdict) && candidate.priority < highest {
            *verdict = Some(Wait::Priority { highest });
        }
    }
}

fn obstacle(candidate: &Candidate, places: &Places) -> Option<Wait> {
    // A person who asks a paused simulation to go on means that one; the queue's own pause does not hold it.
    if !candidate.resumes {
        match places.queue {
            QueueState::Open => {}
            QueueState::Paused => return Some(Wait::QueuePaused),
            QueueState::Draining => return Some(Wait::Draining),
        }
        if let Some(shortage) = places.shortage[usize::from(candidate.is_job)] {
            return Some(Wait::Short { of: shortage });
        }
        if places.tries == Some(0) {
            return Some(Wait::Trouble);
        }
    }
    if !candidate.takes_place {
        return None;
    }
    // Before the cap: where memory is what is missing, another cap changes nothing. One that goes on has its memory already.
    if let Some((used, budget)) = places.memory
        && !candidate.resumes
        && !candidate.is_job
    {
        let free = budget.saturating_sub(used);
        // What runs may have grown beyond the budget; then even one that needs nothing known is too much.
        if candidate.memory > free || used > budget {
            return Some(Wait::Memory { needs: candidate.memory, basis: candidate.basis });
        }
    }
    if places.running >= places.cap {
        return Some(Wait::Cap);
    }
    match places {
        Places { jobs: (jobs, max), .. } if candidate.is_job && !candidate.resumes && jobs >= max => {
            return Some(Wait::Jobs { max: *max });
        }
        Places { handing_in: (now, most), .. } if candidate.is_job && !candidate.resumes && now >= most => {
            return Some(Wait::Turn);
        }
        Places { here: Some((running, slots)), .. } if !candidate.is_job && running >= slots => {
            return Some(Wait::Here { slots: *slots });
        }
        _ => {}
    }
    let is_full = |(pool, processes): &(PoolOf, u32)| places.pools.get(pool).is_some_and(|taken| taken >= processes);
    let full = candidate.pools.into_iter().flatten().find(is_full);
    full.map(|(_, processes)| Wait::Pool { processes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(sim: u32) -> Candidate {
        Candidate {
            sim,
            memory: 0,
            basis: Basis::Declared,
            pools: [None; 2],
            priority: 0,
            resumes: false,
            takes_place: true,
            is_job: false,
        }
    }

    fn places(cap: u32) -> Places {
        Places {
            cap,
            running: 0,
            jobs: (0, 9),
            handing_in: (0, 9),
            here: None,
            memory: None,
            pools: HashMap::new(),
            queue: QueueState::Open,
            shortage: [None; 2],
            tries: None,
        }
    }

    #[test]
    fn the_cap_holds_back_all_beyond_it() {
        let got = choose(&[candidate(0), candidate(1), candidate(2)], places(2));
        assert_eq!(got, [None, None, Some(Wait::Cap)]);
    }

    #[test]
    fn jobs_are_handed_in_a_few_at_a_time() {
        let job = |sim| Candidate { is_job: true, ..candidate(sim) };
        let places = Places { handing_in: (1, 2), ..places(9) };
        let got = choose(&[job(0), job(1), candidate(2)], places);
        assert_eq!(got, [None, Some(Wait::Turn), None]);
    }

    #[test]
    fn who_waits_for_a_place_that_a_higher_priority_gets_is_told_so() {
        let of = |sim, priority| Candidate { priority, ..candidate(sim) };
        let resumes = Candidate { resumes: true, ..candidate(9) };
        let waiting = [resumes, of(2, 7), of(3, 7), of(0, 0), of(1, -1)];
        let behind = Some(Wait::Priority { highest: 7 });
        let got = choose(&waiting, places(1));
        assert_eq!(got, [None, Some(Wait::Cap), Some(Wait::Cap), behind, behind]);
        assert_eq!(choose(&[of(2, 7), of(0, 0), of(1, 0)], places(1)), [None, Some(Wait::Cap), Some(Wait::Cap)]);
    }

    #[test]
    fn a_large_simulation_waits_for_memory_and_lets_a_small_one_pass() {
        let large = Candidate { memory: 8, ..candidate(0) };
        let small = Candidate { memory: 2, ..candidate(1) };
        let got = choose(&[large, small], Places { memory: Some((5, 10)), ..places(9) });
        assert_eq!(got, [Some(Wait::Memory { needs: 8, basis: Basis::Declared }), None]);
    }

    #[test]
    fn a_pool_is_a_cap_within_the_cap() {
        let member = |sim| Candidate { pools: [Some((PoolOf::Entry(0), 2)), None], ..candidate(sim) };
        let got = choose(&[member(0), member(1), member(2), candidate(3)], places(9));
        assert_eq!(got, [None, None, Some(Wait::Pool { processes: 2 }), None]);
    }

    #[test]
    fn a_script_that_waits_for_its_simulations_takes_no_place_of_theirs() {
        let script = Candidate { takes_place: false, memory: 99, ..candidate(0) };
        let pool = Some((PoolOf::Script { suite: 0, number: 1 }, 1));
        let task = |sim| Candidate { pools: [None, pool], ..candidate(sim) };
        let got = choose(&[script, candidate(1), script], Places { memory: Some((0, 1)), ..places(1) });
        assert_eq!(got, [None, None, None]);
        assert_eq!(choose(&[task(1), task(2)], places(9)), [None, Some(Wait::Pool { processes: 1 })]);
    }

    #[test]
    fn the_batch_system_gets_no_more_jobs_than_it_may_and_this_machine_no_more_than_it_can() {
        let job = |sim| Candidate { is_job: true, memory: 99, ..candidate(sim) };
        let both = Places { jobs: (1, 2), here: Some((0, 1)), running: 1, memory: Some((0, 1)), ..places(9) };
        let got = choose(&[job(0), job(1), candidate(2), candidate(3)], both);
        assert_eq!(got, [None, Some(Wait::Jobs { max: 2 }), None, Some(Wait::Here { slots: 1 })]);
        let short = Places { shortage: [Some(Shortage::Memory), None], ..places(9) };
        let got = choose(&[job(0), candidate(1)], short);
        assert_eq!(
            got,
            [None, Some(Wait::Short { of: Shortage::Memory })],
            "the memory of a login node is nothing to a job"
        );
    }

    #[test]
    fn a_paused_queue_still_lets_a_paused_simulation_go_on() {
        let resumes = Candidate { resumes: true, ..candidate(0) };
        let got = choose(&[resumes, candidate(1)], Places { queue: QueueState::Paused, ..places(9) });
        assert_eq!(got, [None, Some(Wait::QueuePaused)]);
    }

    #[test]
    fn when_launches_fail_one_is_tried_and_the_others_wait_for_it() {
        let got = choose(&[candidate(0), candidate(1)], Places { tries: Some(1), ..places(9) });
        assert_eq!(got, [None, Some(Wait::Trouble)]);
        let resumes = Candidate { resumes: true, ..candidate(0) };
        let got = choose(&[resumes, candidate(1)], Places { tries: Some(0), ..places(9) });
        assert_eq!(got, [None, Some(Wait::Trouble)]);
    }

    #[test]
    fn a_machine_that_is_short_of_something_launches_nothing_and_holds_no_paused_one_back() {
        let resumes = Candidate { resumes: true, ..candidate(0) };
        let got = choose(&[resumes, candidate(1)], Places { shortage: [Some(Shortage::Disk); 2], ..places(9) });
        assert_eq!(got, [None, Some(Wait::Short { of: Shortage::Disk })]);
    }
}
