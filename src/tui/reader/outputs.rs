//! Every text that an attempt has written, with its size and the time when it was written last.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::rundir::evidence::{self, consoles};
use crate::rundir::follow::open_regular;
use crate::rundir::{AttemptDir, Outputs};
use crate::text::{Safe, human, natural};
use crate::tui::reading::OutputFile;

/// So many files of an output directory are listed: gem5 writes a dozen, and who writes more has them in folders.
const MOST: usize = 200;
/// A file whose beginning has a zero byte within so many is no text.
const BEGINNING: u64 = 512;

/// Lists outputs again and again.
#[derive(Debug, Default)]
pub(super) struct OutputList {
    /// Whether a file that has something in it is a text.
    is_text: HashMap<PathBuf, bool>,
}

impl OutputList {
    /// The outputs: the streams, also where nothing has been written to them yet, the consoles and other logs, the log of a job, and
    /// then all other texts in the output directory.
    pub(super) fn list(&mut self, outputs: &Outputs) -> Vec<OutputFile> {
        let attempt = outputs.attempt();
        let root = attempt.path();
        let below = |path: PathBuf| path.strip_prefix(root).map(Path::to_owned).unwrap_or(path);
        let mut logs = vec![below(attempt.simout()), below(attempt.simerr())];
        let others = [consoles_of(outputs), vec![below(attempt.job_log())], other_logs_of(attempt)].concat();
        for path in others {
            if !logs.contains(&path) && root.join(&path).is_file() {
                logs.push(path);
            }
        }
        let mut rest = Vec::new();
        // A directory that cannot be read has nothing to list; the Files tab tells why.
        for entry in fs::read_dir(outputs.dir()).into_iter().flatten().flatten().take(MOST * 4) {
            let path = below(entry.path());
            if rest.len() < MOST && !logs.contains(&path) && self.is_text(&entry.path()) {
                rest.push(path);
            }
        }
        rest.sort_by(|a, b| natural::compare(&a.to_string_lossy(), &b.to_string_lossy()));
        let file = |path: PathBuf, is_log: bool| {
            let facts = fs::metadata(root.join(&path)).ok();
            let modified = facts.as_ref().and_then(|facts| facts.modified().ok());
            OutputFile {
                name: Safe::line(&path.strip_prefix("m5out").unwrap_or(&path).to_string_lossy()),
                bytes: facts.map(|facts| facts.len()),
                modified: modified.map(local_time).unwrap_or_default(),
                path,
                is_log,
            }
        };
        let logs = logs.into_iter().map(|path| file(path, true));
        logs.chain(rest.into_iter().map(|path| file(path, false))).collect()
    }

    fn is_text(&mut self, path: &Path) -> bool {
        if let Some(known) = self.is_text.get(path) {
            return *known;
        }
        let mut beginning = Vec::new();
        let read = |beginning: &mut Vec<u8>| -> io::Result<usize> {
            open_regular(path)?.take(BEGINNING).read_to_end(beginning)
        };
        match read(&mut beginning) {
            // What is empty may become anything.
            Ok(0) => true,
            Ok(_) => {
                let is_text = !beginning.contains(&0);
                if self.is_text.len() < MOST * 4 {
                    self.is_text.insert(path.to_owned(), is_text);
                }
                is_text
            }
            Err(_) => false,
        }
    }
}

fn local_time(at: SystemTime) -> Safe {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).ok();
    let unix_ms = since.and_then(|since| i64::try_from(since.as_millis()).ok());
    unix_ms.map(|unix_ms| Safe::line(&human::local_time(unix_ms))).unwrap_or_default()
}

/// Logs of gem5 under other names, relative to the attempt's directory.
pub(super) fn other_logs_of(attempt: &AttemptDir) -> Vec<PathBuf> {
    let paths = evidence::other_logs_of(attempt);
    paths.iter().filter_map(|path| path.strip_prefix(attempt.path()).ok().map(Path::to_owned)).collect()
}

/// The consoles of a simulated system, relative to the attempt's directory.
pub(super) fn consoles_of(outputs: &Outputs) -> Vec<PathBuf> {
    let dir = outputs.dir();
    let below = dir.strip_prefix(outputs.attempt().path()).unwrap_or(dir);
    consoles(dir).into_iter().map(|name| below.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_come_first_then_other_logs_and_then_every_text_but_no_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = AttemptDir::new(dir.path());
        let m5out = attempt.m5out();
        fs::create_dir_all(m5out.join("cpt.1")).unwrap();
        fs::write(attempt.simout(), "out\n").unwrap();
        fs::write(attempt.job_log(), "job\n").unwrap();
        for (name, content) in [
            ("system.terminal", "boot"),
            ("config.ini", "[root]"),
            ("stats.txt", ""),
            ("memory.bin", "\0\0"),
            ("a\x1bb.txt", "x"),
        ] {
            fs::write(m5out.join(name), content).unwrap();
        }
        let listed = OutputList::default().list(&Outputs::unknown(&attempt));
        let told: Vec<(&str, Option<u64>, bool)> =
            listed.iter().map(|file| (file.name.as_str(), file.bytes, file.is_log)).collect();
        assert_eq!(
            told[..4],
            [
                ("simout.txt", Some(4), true),
                ("simerr.txt", None, true),
                ("system.terminal", Some(4), true),
                ("job.log", Some(4), true)
            ]
        );
        let rest: Vec<&str> = told[4..].iter().map(|(name, ..)| *name).collect();
        assert_eq!(rest.len(), 3, "{rest:?}");
        assert!(rest.contains(&"config.ini") && rest.contains(&"stats.txt") && !rest.contains(&"memory.bin"));
        assert!(rest.iter().all(|name| !name.contains('\x1b')));
    }
}
