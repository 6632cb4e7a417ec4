//! The system's hints about changed files, where it gives any.
//!
//! They only make the next look sooner, so whatever goes wrong with them is no error: files are then looked at every second,
//! as on a file system that gives no hints, and the dashboard says so. An overflow of the system's queue is a hint as any
//! other, since each one means to look at everything that is shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Order;
use crate::failpoint::point;
use crate::rundir::filesystem;
use crate::text::Safe;

pub(super) struct Hints {
    orders: Sender<Order>,
    /// Whether a hint is on its way already.
    hinted: Arc<AtomicBool>,
    state: State,
}

enum State {
    /// Nothing is shown, or nothing that changes.
    Off,
    /// gem5's output directory, which does not exist yet.
    Awaited(PathBuf),
    /// Hints come for as long as this lives.
    On(#[expect(dead_code, reason = "dropping it ends the hints")] RecommendedWatcher),
    /// There are none, with the reason.
    Polled(Safe),
}

impl Hints {
    pub(super) fn new(orders: Sender<Order>) -> Self {
        Self { orders, hinted: Arc::default(), state: State::Off }
    }

    /// Asks for hints about the files of this attempt instead of those before.
    pub(super) fn watch(&mut self, attempt: Option<&Path>) {
        self.state = match attempt {
            Some(attempt) => State::Awaited(attempt.join("m5out")),
            None => State::Off,
        };
    }

    /// Why there are no hints, if there are none. Asks for them first if the directory is there by now.
    pub(super) fn polled(&mut self) -> Option<&Safe> {
        if let State::Awaited(dir) = &self.state
            && dir.is_dir()
        {
            self.state = match self.begin(dir) {
                Ok(watcher) => State::On(watcher),
                Err(why) => State::Polled(why),
            };
        }
        match &self.state {
            State::Polled(why) => Some(why),
            State::Off | State::Awaited(_) | State::On(_) => None,
        }
    }

    /// A hint was taken, and the next one counts again.
    pub(super) fn taken(&self) {
        self.hinted.store(false, Ordering::SeqCst);
    }

    fn begin(&self, dir: &Path) -> Result<RecommendedWatcher, Safe> {
        if let Some(why) = filesystem::hides_changes(dir) {
            return Err(Safe::line(&why));
        }
        let (orders, hinted, about) = (self.orders.clone(), Arc::clone(&self.hinted), dir.to_owned());
        let hint = move |_: notify::Result<notify::Event>| {
            let is_lost = point("hints.hint", &about).is_err();
            if !is_lost && !hinted.swap(true, Ordering::SeqCst) {
                // The thread may have ended before its watcher.
                _ = orders.send(Order::Hint);
            }
        };
        let watcher = point("hints.begin", dir).map_err(notify::Error::io).and_then(|()| {
            let mut watcher = notify::recommended_watcher(hint)?;
            watcher.watch(dir, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        watcher.map_err(|error| Safe::line(&format!("inotify: {}", reason(&error))))
    }
}

/// What the system said, without the path, which stands beside it.
fn reason(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::Io(error) => error.to_string(),
        notify::ErrorKind::MaxFilesWatch => "no more watches (fs.inotify.max_user_watches)".to_owned(),
        _ => error.to_string(),
    }
}
