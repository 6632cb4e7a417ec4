//! All lines of one dump.

use super::line::{Cells, StatLine, marker, parse_line, row, split, split_unit};

/// The text of one dump taken apart, every line accounted for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// Every value, in the order of the file. A histogram on one line gives a value for each of its cells, under the
    /// names that gem5 would have written without that flag.
    pub stats: Vec<StatLine>,
    /// The lines that are neither a stat, a marker nor blank: half a line, or words of somebody else.
    pub unread: Vec<UnreadLine>,
}

/// A line that makes no sense in a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadLine {
    /// Its number in the text, counted from one.
    pub number: usize,
    /// The line, as foreign as the file.
    pub text: String,
}

impl Block {
    /// Takes the text of a dump apart, with or without its markers. Several dumps give all their stats in a row.
    pub fn parse(text: &str) -> Self {
        let mut block = Self::default();
        let mut buckets = Buckets::default();
        for (index, line) in text.lines().enumerate() {
            if let Some(stat) = parse_line(line) {
                buckets.see(&stat.name, stat.value);
                block.stats.push(stat);
            } else if let Some(cells) = buckets.expand(line) {
                block.stats.extend(cells);
            } else if !line.trim().is_empty() && marker(line.as_bytes()).is_none() {
                block.unread.push(UnreadLine { number: index + 1, text: line.to_owned() });
            }
        }
        block
    }
}

/// Every value in the text of a block, in the order of the file. See [`Block::stats`].
pub fn parse_block(text: &str) -> Vec<StatLine> {
    Block::parse(text).stats
}

/// The buckets of the histogram on one line that comes next: gem5 writes their size and limits before it
/// (`DistPrint` in `base/stats/text.cc`).
#[derive(Debug, Default)]
pub(super) struct Buckets {
    /// Whose they are.
    histogram: String,
    size: f64,
    min: f64,
    max: f64,
}

impl Buckets {
    /// Takes note of a stat. The size comes first and is never zero; a limit that does not come is zero (`nozero`).
    pub(super) fn see(&mut self, name: &str, value: f64) {
        let Some((histogram, label)) = name.split_once("::") else { return };
        match label {
            "bucket_size" => *self = Self { histogram: histogram.to_owned(), size: value, min: 0.0, max: 0.0 },
            "min_bucket" if self.histogram == histogram => self.min = value,
            "max_bucket" if self.histogram == histogram => self.max = value,
            _ => {}
        }
    }

    /// The cells of a histogram on one line as stats. `None` for any other line.
    pub(super) fn expand(&self, line: &str) -> Option<Vec<StatLine>> {
        let fields = split(line)?;
        let Cells::Row(cells) = fields.cells else { return None };
        let (description, unit) = split_unit(fields.comment);
        let stat = |(index, cell): (usize, super::line::Cell)| StatLine {
            name: format!("{}::{}", fields.name, self.label(fields.name, index)),
            value: cell.value,
            pdf: cell.pdf,
            cdf: cell.cdf,
            description: description.to_owned(),
            unit: unit.map(ToOwned::to_owned),
        };
        Some(row(cells).flatten().enumerate().map(stat).collect())
    }

    /// The range of a bucket where its limits are known, and else its index, as a vector has it.
    fn label(&self, histogram: &str, index: usize) -> String {
        if self.histogram != histogram {
            return index.to_string();
        }
        let low = index as f64 * self.size + self.min;
        let high = (low + self.size - 1.0).min(self.max);
        if low < high { format!("{low}-{high}") } else { low.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::stats;
    use super::*;

    const ONE_LINE: &str = "\n---------- Begin Simulation Statistics ----------
system.ruby.hist::bucket_size                       8                       # d
system.ruby.hist::min_bucket                        0                       # d
system.ruby.hist::max_bucket                       19                       # d
system.ruby.hist::samples                           3                       # d
system.ruby.hist                         |           2     66.67%     66.67% |           0      0.00%     66.67% |           1     33.33%    100.00% # d (Tick)
system.ruby.hist::total                             3                       # d
system.ruby.types                        |           2     66.67%     66.67% |           1     33.33%    100.00% # t

---------- End Simulation Statistics   ----------
";

    #[test]
    fn a_histogram_on_one_line_is_the_same_as_on_many() {
        let block = Block::parse(ONE_LINE);
        assert_eq!(block.unread, []);
        let named: Vec<(&str, f64)> = block.stats.iter().map(|stat| (stat.name.as_str(), stat.value)).collect();
        assert_eq!(
            named[4..7],
            [("system.ruby.hist::0-7", 2.0), ("system.ruby.hist::8-15", 0.0), ("system.ruby.hist::16-19", 1.0)]
        );
        assert_eq!(named[8..], [("system.ruby.types::0", 2.0), ("system.ruby.types::1", 1.0)]);
        assert_eq!((block.stats[4].pdf, block.stats[6].unit.as_deref()), (Some(66.67), Some("Tick")));
    }

    #[test]
    fn what_makes_no_sense_is_named_and_not_swallowed() {
        let block = Block::parse("\na 5\nhalf a li\nx |\nb 6 # words\n");
        assert_eq!(block.stats.len(), 2);
        let unread: Vec<(usize, &str)> = block.unread.iter().map(|line| (line.number, line.text.as_str())).collect();
        assert_eq!(unread, [(3, "half a li"), (4, "x |")]);
    }

    #[test]
    fn every_line_of_real_files_is_accounted_for() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let mut lines = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path().join("m5out/stats.txt");
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let block = Block::parse(&text);
            assert_eq!(block.unread, [], "{}", path.display());
            let plain = text.lines().filter(|line| !line.is_empty() && !line.starts_with('-'));
            assert_eq!(block.stats.len(), plain.count(), "{}", path.display());
            // No line is lost on the way to stats.
            let elements: Vec<String> =
                stats(&block.stats).into_iter().flat_map(|stat| stat.elements).map(|element| element.name).collect();
            let names: Vec<&str> = block.stats.iter().map(|stat| stat.name.as_str()).collect();
            assert_eq!(elements, names, "{}", path.display());
            lines += block.stats.len();
        }
        assert!(lines > 10_000, "the samples folder holds hardly any stats");
    }
}
