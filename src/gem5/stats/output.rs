//! Where gem5 writes its stats.

use std::path::{Path, PathBuf};

use crate::gem5::argv;

/// The forms in which gem5 writes stats (`src/python/m5/stats/__init__.py`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatsForm {
    /// Text that grows a line at a time.
    Text,
    /// The same, compressed: gem5 picks it for a name that ends with `.gz` (`base/output.cc`). It is complete only when
    /// gem5 has ended, because nothing is flushed before (`ext/iostream3/zfstream.cc`).
    Gzip,
    /// `json://`: the last dump alone, the file rewritten at each.
    Json,
    /// `h5://`: every stat a data set, without distributions.
    Hdf5,
    /// A form that no release up to 25 has.
    Other,
}

impl StatsForm {
    /// Whether values can be read from it, at least once gem5 has ended.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Text | Self::Gzip)
    }

    /// What it is called, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Gzip => "compressed text",
            Self::Json => "JSON",
            Self::Hdf5 => "HDF5",
            Self::Other => "an unknown form",
        }
    }
}

/// A file of stats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsOutput {
    /// As the command line names it: in the output directory unless it is absolute. A relative JSON file would be in the
    /// working directory, and is refused for that (see `argv::refused`).
    pub file: PathBuf,
    /// How it is written.
    pub form: StatsForm,
}

impl StatsOutput {
    /// Where it is.
    pub fn path(&self, outdir: &Path) -> PathBuf {
        outdir.join(&self.file)
    }

    fn of(url: &str) -> Self {
        let place = url.split_once('?').map_or(url, |(place, _)| place);
        let (scheme, file) = place.split_once("://").unwrap_or(("", place));
        let is_compressed = Path::new(file).extension().is_some_and(|extension| extension == "gz");
        let form = match scheme.to_ascii_lowercase().as_str() {
            "" | "text" | "file" if is_compressed => StatsForm::Gzip,
            "" | "text" | "file" => StatsForm::Text,
            "json" => StatsForm::Json,
            "h5" => StatsForm::Hdf5,
            _ => StatsForm::Other,
        };
        Self { file: PathBuf::from(file), form }
    }
}

/// The files that gem5 writes its stats to with these options, the one that counts first: up to 25.0 the last
/// `--stats-file` wins, later releases write all of them. Without the option it is `stats.txt`.
pub fn stats_outputs(gem5_args: &[String]) -> Vec<StatsOutput> {
    let urls = argv::values(gem5_args, "--stats-file");
    if urls.is_empty() {
        return vec![StatsOutput::of("stats.txt")];
    }
    urls.into_iter().rev().map(StatsOutput::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(args: &[&str]) -> Vec<(String, StatsForm)> {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let told = |output: StatsOutput| (output.path(Path::new("/out")).display().to_string(), output.form);
        stats_outputs(&args).into_iter().map(told).collect()
    }

    #[test]
    fn every_way_to_name_the_file_is_understood() {
        let one = |path: &str, form| vec![(path.to_owned(), form)];
        assert_eq!(outputs(&["--debug-flags=Cache"]), one("/out/stats.txt", StatsForm::Text));
        assert_eq!(outputs(&["--stats-file=x.txt"]), one("/out/x.txt", StatsForm::Text));
        assert_eq!(outputs(&["--stats-file", "/abs/x.txt"]), one("/abs/x.txt", StatsForm::Text));
        assert_eq!(outputs(&["--stats-f=text://x?desc=False&spaces=False"]), one("/out/x", StatsForm::Text));
        assert_eq!(outputs(&["--stats-file=stats.txt.gz"]), one("/out/stats.txt.gz", StatsForm::Gzip));
        assert_eq!(outputs(&["--stats-file=file:///a/s.gz?spaces=False"]), one("/a/s.gz", StatsForm::Gzip));
        assert_eq!(outputs(&["--stats-file=JSON:///a/s.json"]), one("/a/s.json", StatsForm::Json));
        assert_eq!(outputs(&["--stats-file=h5://s.h5?chunking=100"]), one("/out/s.h5", StatsForm::Hdf5));
        assert_eq!(outputs(&["--stats-file=csv://s.csv"]), one("/out/s.csv", StatsForm::Other));
    }

    #[test]
    fn the_last_of_several_files_counts_and_the_script_has_options_of_its_own() {
        let files = outputs(&["--stats-file=a.txt", "--stats-file=b.txt.gz", "run.py", "--stats-file=c.txt"]);
        assert_eq!(files, [("/out/b.txt.gz".to_owned(), StatsForm::Gzip), ("/out/a.txt".to_owned(), StatsForm::Text)]);
    }
}
