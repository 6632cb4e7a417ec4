//! Which file has the stats.

use std::path::{Path, PathBuf};

use super::gzip;
use crate::gem5::stats::{StatsForm, StatsOutput, stats_outputs};

/// What an output directory has of stats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundStats {
    /// Text, which may be followed while it grows, or compressed text, which may be read once gem5 has ended.
    File {
        /// The file.
        path: PathBuf,
        /// [`StatsForm::Text`] or [`StatsForm::Gzip`].
        form: StatsForm,
    },
    /// There are stats in a form that is not read. Nothing can be said about dumps: there may be some or none.
    NotRead {
        /// The file.
        path: PathBuf,
        /// Its form.
        form: StatsForm,
    },
    /// There is no file of stats.
    Missing,
}

/// Names under which stats are found where the command line is not known. The plain name comes first.
const USUAL: [(&str, StatsForm); 4] = [
    ("stats.txt", StatsForm::Text),
    ("stats.txt.gz", StatsForm::Gzip),
    ("stats.json", StatsForm::Json),
    ("stats.h5", StatsForm::Hdf5),
];

/// Looks for the stats in `m5out`. `gem5_args` are gem5's options, the executable left out, and may go on with the script
/// and its arguments; `None` if they are not known.
pub fn find(m5out: &Path, gem5_args: Option<&[String]>) -> FoundStats {
    match gem5_args {
        Some(args) => first_there(m5out, &stats_outputs(args)),
        None => find_usual(m5out),
    }
}

/// Looks for stats under their usual names.
pub fn find_usual(m5out: &Path) -> FoundStats {
    first_there(m5out, &USUAL.map(|(file, form)| StatsOutput { file: file.into(), form }))
}

/// Where stats are under their usual names.
pub(crate) fn usual(m5out: &Path) -> Vec<PathBuf> {
    USUAL.iter().map(|(file, _)| m5out.join(file)).collect()
}

/// The first of these files in `m5out`. What can be read is preferred. Text that somebody has compressed since is found under the
/// name that gzip gives it.
pub fn first_there(m5out: &Path, outputs: &[StatsOutput]) -> FoundStats {
    let outputs: Vec<StatsOutput> = outputs.iter().cloned().chain(outputs.iter().filter_map(packed)).collect();
    let there = || outputs.iter().map(|output| (output.path(m5out), output.form)).filter(|(path, _)| path.is_file());
    match there().find(|(_, form)| form.is_read()).or_else(|| there().next()) {
        Some((path, form)) if form.is_read() => FoundStats::File { path, form },
        Some((path, form)) => FoundStats::NotRead { path, form },
        None => FoundStats::Missing,
    }
}

/// What becomes of a file of text when somebody compresses it.
fn packed(output: &StatsOutput) -> Option<StatsOutput> {
    let file = gzip::packed(&output.file);
    (output.form == StatsForm::Text).then_some(StatsOutput { file, form: StatsForm::Gzip })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_file_that_the_command_line_names_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path();
        let args = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(find(out, None), FoundStats::Missing);
        fs::write(out.join("stats.json"), "{}").unwrap();
        assert_eq!(find(out, None), FoundStats::NotRead { path: out.join("stats.json"), form: StatsForm::Json });
        fs::write(out.join("roi.txt.gz"), "").unwrap();
        let gzip = FoundStats::File { path: out.join("roi.txt.gz"), form: StatsForm::Gzip };
        assert_eq!(find(out, Some(&args(&["--stats-file=roi.txt.gz", "run.py"]))), gzip);
        assert_eq!(find(out, Some(&args(&["--stats-file=roi.txt.gz", "--stats-file=h5://x"]))), gzip);
        // Without the option gem5 writes stats.txt, and what else lies there is not its own.
        assert_eq!(find(out, Some(&args(&["run.py", "--stats-file=roi.txt.gz"]))), FoundStats::Missing);
        // What was compressed behind gem5's back is found all the same.
        fs::write(out.join("stats.txt.gz"), "").unwrap();
        let packed = FoundStats::File { path: out.join("stats.txt.gz"), form: StatsForm::Gzip };
        assert_eq!(find(out, Some(&args(&["run.py"]))), packed);
        fs::write(out.join("stats.txt"), "").unwrap();
        let text = FoundStats::File { path: out.join("stats.txt"), form: StatsForm::Text };
        assert_eq!((find(out, None), find(out, Some(&[]))), (text.clone(), text));
    }
}
