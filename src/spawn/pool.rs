//! Many tasks, a few at a time, each in a gem5 of its own.
//!
//! The unit is one task and one process. Python's Pool hands out chunks, which puts two simulations into one gem5, and
//! waits for ever for the task of a worker that has died. Here a task whose process dies has a result that says so.

use std::collections::VecDeque;

use serde_json::Value;

use super::context::Context;
use super::process::{Process, Target, wait_for_any};
use crate::rundir::record::CallResult;

/// Why a pool cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Nobody would do the work.
    #[error("a pool of 0 processes would never finish; give it at least 1")]
    Empty,
    /// A gem5 that would be used again.
    #[error(
        "`maxtasksperchild={tasks}` cannot be used: gem5 builds only one simulated system in the life of a process, so \
         every task needs a fresh one; leave it out or set it to 1"
    )]
    Reuse {
        /// The number that was asked for; 0 stands for "no limit".
        tasks: usize,
    },
}

/// A number of processes that work on tasks, one fresh process for every task.
#[derive(Debug, Clone)]
pub struct Pool {
    context: Context,
    processes: usize,
}

impl Pool {
    /// A pool of at most `processes` processes at once.
    pub fn new(context: &Context, processes: usize) -> Result<Self, PoolError> {
        if processes == 0 {
            return Err(PoolError::Empty);
        }
        Ok(Self { context: context.clone(), processes })
    }

    /// Accepts 1, which is how a pool works anyway, and refuses everything else with a reason.
    pub fn maxtasksperchild(self, tasks: usize) -> Result<Self, PoolError> {
        if tasks == 1 { Ok(self) } else { Err(PoolError::Reuse { tasks }) }
    }

    /// Calls `target` once for every item and returns the results in the order of the items.
    pub fn map(&self, target: &Target, items: impl IntoIterator<Item = Value>) -> Vec<CallResult> {
        self.starmap(target, items.into_iter().map(|item| vec![item]))
    }

    /// Calls `target` once for every list of arguments and returns the results in that order.
    pub fn starmap(&self, target: &Target, items: impl IntoIterator<Item = Vec<Value>>) -> Vec<CallResult> {
        let tasks = self.tasks(target, items);
        let mut results = Vec::new();
        results.resize_with(tasks.waiting.len(), || None);
        for (index, result) in tasks {
            results[index] = Some(result);
        }
        let missing = || CallResult::None { reason: "the task was not run".to_owned() };
        results.into_iter().map(|result| result.unwrap_or_else(missing)).collect()
    }

    /// The same in the order in which they end, each with the index of its item. Processes are started while the
    /// iterator is used; dropping it ends those that still run.
    pub fn tasks(&self, target: &Target, items: impl IntoIterator<Item = Vec<Value>>) -> Tasks {
        Tasks {
            context: self.context.clone(),
            processes: self.processes,
            target: target.clone(),
            waiting: items.into_iter().enumerate().collect(),
            running: Vec::new(),
        }
    }
}

/// Tasks at work. See [`Pool::tasks`].
#[derive(Debug)]
pub struct Tasks {
    context: Context,
    processes: usize,
    target: Target,
    waiting: VecDeque<(usize, Vec<Value>)>,
    running: Vec<(usize, Process)>,
}

impl Tasks {
    /// The processes that run now.
    pub fn running(&self) -> impl Iterator<Item = &Process> {
        self.running.iter().map(|(_, process)| process)
    }
}

impl Iterator for Tasks {
    type Item = (usize, CallResult);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.running.len() < self.processes
                && let Some((index, args)) = self.waiting.pop_front()
            {
                let mut process = Process::new(&self.context, self.target.clone()).args(args);
                if let Err(e) = process.start() {
                    let reason = format!("the process could not be started: {e}");
                    return Some((index, CallResult::None { reason }));
                }
                self.running.push((index, process));
            }
            if let Some(place) = self.running.iter_mut().position(|(_, process)| !process.is_alive()) {
                let (index, mut process) = self.running.swap_remove(place);
                return Some((index, process.result()));
            }
            if self.running.is_empty() {
                return None;
            }
            wait_for_any(self.running(), None);
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for (_, process) in &mut self.running {
            // It fails only if the process has become another user's; then waiting for it would be wrong, too.
            if process.kill().is_ok() {
                process.join(None);
            }
        }
    }
}
