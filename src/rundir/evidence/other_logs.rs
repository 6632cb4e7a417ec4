//! Logs of gem5 that are neither standard output nor standard error: it ran behind a redirect, or under a script that keeps them
//! elsewhere.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::gem5::argv;
use crate::gem5::log::has_banner;
use crate::gem5::stats::Watch;
use crate::rundir::follow::open_regular;
use crate::text::natural;

/// So many entries are looked at.
const MOST_ENTRIES: usize = 10_000;

/// Directories inside the output directory that are looked into for files which a glob names.
const MOST_DEPTH: usize = 2;

/// So many logs are read.
const MOST_LOGS: usize = 16;

/// Of so many files the beginning is read.
const MOST_PROBED: usize = 256;

/// So much of it. What a wrapper says before gem5 does fits.
const BEGINNING: u64 = 4 << 10;

/// Endings of files that gem5 writes and that are no logs.
const NO_LOGS: [&str; 19] = [
    "ini", "json", "bib", "dot", "svg", "pdf", "gz", "h5", "csv", "pmem", "cpt", "dtb", "dts", "png", "bmp",
    "terminal", "device", "dmesg", "trc",
];

/// The logs that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OtherLogs {
    /// Their paths.
    pub files: Vec<PathBuf>,
    /// There are more files than were looked at, or more logs than are read.
    pub is_cut: bool,
}

/// The files that any of the globs names: by their path below the output directory, or by their name in the directory that it
/// lies in. `except` are those that are read anyway.
pub fn named_logs(m5out: &Path, beside: Option<&Path>, globs: &[String], except: &[&Path]) -> OtherLogs {
    if globs.is_empty() {
        return OtherLogs::default();
    }
    // They were looked at when the experiment was read; one that cannot be used names nothing.
    let Ok(watch) = Watch::new(globs) else { return OtherLogs::default() };
    let mut walk = Walk { left: MOST_ENTRIES, found: Vec::new(), is_cut: false };
    walk.below(m5out, "", MOST_DEPTH);
    if let Some(beside) = beside {
        walk.below(beside, "", 0);
    }
    let is_log = |path: &Path, shown: &str| {
        // Who names it means it; a glob means logs.
        let is_written_out = globs.iter().any(|glob| glob == shown);
        (is_written_out || may_be_log(path)) && watch.matches(shown) && !except.contains(&path)
    };
    let mut files: Vec<PathBuf> =
        walk.found.into_iter().filter(|(path, shown)| is_log(path, shown)).map(|(path, _)| path).collect();
    let is_cut = walk.is_cut || files.len() > MOST_LOGS;
    files.truncate(MOST_LOGS);
    OtherLogs { files, is_cut }
}

/// The file that begins as gem5 does: in the output directory the one that was written last, or else the only one in the
/// directory that it lies in.
pub fn log_with_banner(m5out: &Path, beside: Option<&Path>, except: &[&Path]) -> OtherLogs {
    let mut probes = MOST_PROBED;
    let mut is_cut = false;
    let mut probe = |dir: &Path| {
        let mut walk = Walk { left: MOST_ENTRIES, found: Vec::new(), is_cut: false };
        walk.below(dir, "", 0);
        is_cut |= walk.is_cut;
        let mut logs = Vec::new();
        for (path, _) in
            walk.found.into_iter().filter(|(path, _)| may_be_log(path) && !except.contains(&path.as_path()))
        {
            if probes == 0 {
                is_cut = true;
                break;
            }
            probes -= 1;
            if let Some(beginning) = beginning_with_banner(&path) {
                logs.push((path, beginning));
            }
        }
        logs
    };
    let written =
        |path: &PathBuf| fs::metadata(path).and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let inside = probe(m5out).into_iter().map(|(path, _)| path).max_by_key(written);
    let log = inside.or_else(|| {
        let mut logs = probe(beside?);
        // There, logs of other runs may lie, too.
        logs.retain(|(_, beginning)| may_be_of(beginning, m5out));
        (logs.len() == 1).then(|| logs.remove(0).0)
    });
    OtherLogs { files: log.into_iter().collect(), is_cut }
}

/// The beginning of a file that begins as gem5 does.
fn beginning_with_banner(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    open_regular(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut bytes)).ok()?;
    (!bytes.contains(&0) && has_banner(&bytes)).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether the command line in the beginning of a log names this output directory, or there is none.
fn may_be_of(beginning: &str, m5out: &Path) -> bool {
    // Behind the banner; a runner may have put words before each line.
    let mut own = beginning.lines().skip_while(|line| !has_banner(line.as_bytes()));
    let command = own.find_map(|line| Some(line.split_once("command line: ")?.1)).and_then(shlex::split);
    let Some(words) = command else { return true };
    let outdirs = argv::values(words.get(1..).unwrap_or_default(), "--outdir");
    let outdir = outdirs.last().copied().unwrap_or("m5out");
    Path::new(outdir).file_name() == m5out.file_name()
}

fn may_be_log(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_stats = name.starts_with("stats") && ending == "txt";
    !is_stats && !NO_LOGS.contains(&ending)
}

/// The regular files below a directory, in an order that is always the same, with their paths as globs see them.
struct Walk {
    left: usize,
    found: Vec<(PathBuf, String)>,
    is_cut: bool,
}

impl Walk {
    fn below(&mut self, dir: &Path, shown: &str, depth: usize) {
        let Ok(entries) = fs::read_dir(dir) else { return };
        let mut names = Vec::new();
        for entry in entries.flatten() {
            if self.left == 0 {
                self.is_cut = true;
                break;
            }
            self.left -= 1;
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
            names.push((name, kind));
        }
        names.sort_by(|one, other| natural::compare(&one.0, &other.0));
        for (name, kind) in names {
            let path = dir.join(&name);
            let shown = if shown.is_empty() { name } else { format!("{shown}/{name}") };
            // A link may lead anywhere, even back here; to a file it is as good as the file.
            if kind.is_dir() {
                if depth > 0 {
                    self.below(&path, &shown, depth - 1);
                }
            } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
                self.found.push((path, shown));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANNER: &str = "gem5 Simulator System.  https://www.gem5.org\n";

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn names(root: &Path, logs: &OtherLogs) -> Vec<String> {
        logs.files.iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_glob_names_files_below_the_output_directory_and_beside_it() {
        let dir = tree(&[
            ("m5out/log.txt", ""),
            ("m5out/stats.txt", ""),
            ("m5out/config.json", ""),
            ("m5out/logs/b.out", ""),
            ("m5out/logs/far/too/far.out", ""),
            ("m5out/simout.txt", ""),
            ("a.out", ""),
        ]);
        let m5out = dir.path().join("m5out");
        let simout = m5out.join("simout.txt");
        let named = |globs: &[&str]| {
            let globs: Vec<String> = globs.iter().map(|&glob| glob.to_owned()).collect();
            names(dir.path(), &named_logs(&m5out, Some(dir.path()), &globs, &[&simout]))
        };
        assert_eq!(named(&["log.txt", "*.out"]), ["m5out/log.txt", "m5out/logs/b.out", "a.out"]);
        assert_eq!(named(&["*.txt"]), ["m5out/log.txt"], "stats are no log, and simout is read anyway");
        assert_eq!(named(&["config.json"]), ["m5out/config.json"]);
        assert!(named(&["*.log"]).is_empty() && named(&[]).is_empty());
    }

    #[test]
    fn the_file_that_begins_as_gem5_does_is_its_log() {
        let dir = tree(&[
            ("m5out/stats.txt", BANNER),
            ("m5out/notes", "about the gem5 Simulator System. It\n"),
            ("run.7.o", &format!("loading modules\n[10:33:01] {BANNER}")),
            ("trace", &format!("\0{BANNER}")),
        ]);
        let found = || log_with_banner(&dir.path().join("m5out"), Some(dir.path()), &[]);
        assert_eq!(names(dir.path(), &found()), ["run.7.o"]);
        fs::write(dir.path().join("run.8.o"), BANNER).unwrap();
        assert_eq!(found(), OtherLogs::default(), "which of the two nobody knows");
        let of = |outdir: &str| format!("{BANNER}command line: gem5.opt {outdir} run.py -d x\n\n");
        fs::write(dir.path().join("run.7.o"), of("--outdir=/other/m5out-7")).unwrap();
        fs::write(dir.path().join("run.8.o"), of("")).unwrap();
        assert_eq!(names(dir.path(), &found()), ["run.8.o"], "the other one is of another run");
        fs::write(dir.path().join("m5out/log"), BANNER).unwrap();
        assert_eq!(names(dir.path(), &found()), ["m5out/log"]);
    }

    #[test]
    fn a_look_that_is_cut_says_so() {
        let files: Vec<String> = (0..300).map(|n| format!("m5out/f{n}")).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|name| (name.as_str(), "x")).collect();
        let dir = tree(&files);
        let m5out = dir.path().join("m5out");
        assert!(log_with_banner(&m5out, None, &[]).is_cut);
        let named = named_logs(&m5out, None, &["f*".to_owned()], &[]);
        assert_eq!((named.files.len(), named.is_cut), (MOST_LOGS, true));
    }
}
