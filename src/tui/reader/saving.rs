//! Writing a log into a file of the user's, in a thread that ends with it: one of many gigabytes delays nothing else.

use std::io;
use std::path::Path;

use tokio::sync::mpsc::Sender as Readings;

use super::send;
use crate::rundir::log_text;
use crate::text::{Safe, human, safe_error};
use crate::tui::reading::{LogText, Reading};

/// Begins it. What became of it is told.
pub(super) fn save(readings: &Readings<Reading>, log: LogText, to: &Path) {
    let (own, to) = (readings.clone(), to.to_owned());
    let spawned = std::thread::Builder::new().name("log-writer".to_owned()).spawn(move || {
        // Nobody is left to be told where this fails.
        _ = send(&own, told(&to, log_text::save(&log.path, log.filter.as_ref(), &to)));
    });
    if let Err(error) = spawned {
        let text = Safe::line(&format!("could not start a thread to write the log: {error}"));
        // There is room for an answer to a wish.
        _ = readings.try_send(Reading::Kept { text, bad: true });
    }
}

fn told(to: &Path, saved: io::Result<u64>) -> Reading {
    let shown = std::path::absolute(to).unwrap_or_else(|_| to.to_owned()).display().to_string();
    let (text, bad) = match saved {
        Ok(bytes) => (format!("wrote {} to {shown}", human::bytes(bytes)), false),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            (format!("{shown} is there already: choose another name"), true)
        }
        Err(error) => (format!("could not write {shown}: {}", safe_error(&error)), true),
    };
    Reading::Kept { text: Safe::line(&text), bad }
}
