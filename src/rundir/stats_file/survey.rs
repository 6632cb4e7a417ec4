//! Finding the dump that is meant, in a file of any size.
//!
//! Of a file only what its dumps tell of themselves is kept, never their stats, so that the memory that it takes does not grow with
//! the file. What is counted from the end is looked for from the end.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::last::last_block;
use super::{BLOCK, Integrity, MAX_BACKWARDS, READ_WHOLE, is_gzip, read_gzip};
use crate::gem5::stats::{Choice, Chosen, Dump, Dumps, Missing, Requests, Sequence, Summary, TextParser, Watch};
use crate::rundir::follow::{Change, Followed};

/// So many dumps are looked through from the end, and more of them from the start.
const MOST_BACK: usize = 1024;

/// How much of a file shall be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Which dump is meant, and nothing more than that takes.
    Found,
    /// Also how many there are and what it counts beside the others, unless the file is large and counting would read all of it.
    Told,
}

/// The dumps of a file, as far as they were looked at.
#[derive(Debug)]
pub struct Survey {
    sequence: Sequence,
    /// Whether all of them were.
    whole: bool,
    /// Whether a compressed file could be read to its end.
    pub integrity: Integrity,
}

impl Survey {
    /// Of a file that is not compressed.
    fn of(sequence: Sequence, whole: bool) -> Self {
        Self { sequence, whole, integrity: Integrity::Whole }
    }

    /// The dump that is meant. See [`Sequence::chosen`].
    ///
    /// # Errors
    /// When there is none.
    pub fn chosen(&self, ends: bool) -> Result<Chosen, Missing> {
        let dump = self.sequence.chosen(ends)?;
        let of = self.whole.then(|| self.sequence.count(ends));
        Ok(Chosen { dump, of, choice: self.sequence.choice().clone() })
    }
}

/// Looks for the dump that is meant. A file that is not there has none.
///
/// # Errors
/// When the file cannot be read.
pub fn survey(path: &Path, requests: Requests, choice: &Choice, reach: Reach) -> io::Result<Survey> {
    let mut dumps = Dumps::new(Arc::default()).last_only().choosing(choice.clone());
    let mut text = TextParser::new();
    if is_gzip(path) {
        let integrity = read_gzip(path, |piece| text.feed(piece, &mut dumps))?;
        return Ok(Survey { sequence: dumps.sequence().clone(), whole: integrity == Integrity::Whole, integrity });
    }
    let mut file = Followed::new(path);
    if file.refresh()? != Change::Appeared {
        return Ok(Survey::of(dumps.sequence().clone(), true));
    }
    if let Choice::FromEnd(wanted) = choice
        && (reach == Reach::Found || file.len() > READ_WHOLE)
        && let Some(survey) = from_end(&file, &requests, choice, wanted.get() as usize)?
    {
        return Ok(survey);
    }
    dumps.set_requests(requests);
    let mut whole = true;
    let mut buffer = vec![0; BLOCK];
    while text.offset() < file.len() {
        let read = file.read_at(&mut buffer, text.offset())?;
        if read == 0 {
            break;
        }
        text.feed(buffer.get(..read).unwrap_or_default(), &mut dumps);
        if reach == Reach::Found && dumps.sequence().is_settled() {
            whole = false;
            break;
        }
    }
    Ok(Survey::of(dumps.sequence().clone(), whole))
}

/// Looks at as many dumps from the end as it takes to know the one that is meant and the one before it. `None` if that cannot be
/// told from there.
fn from_end(file: &Followed, requests: &Requests, choice: &Choice, wanted: usize) -> io::Result<Option<Survey>> {
    let mut end = file.len();
    let mut found: Vec<Summary> = Vec::new();
    let mut whole = false;
    while found.iter().filter(|dump| !dump.requested).count() <= wanted {
        if found.len() >= MOST_BACK {
            return Ok(None);
        }
        let Some((start, text)) = last_block(file, end)? else {
            // Not at the start of the file, and yet no block: a huge remnant.
            if end > MAX_BACKWARDS {
                return Ok(None);
            }
            whole = true;
            break;
        };
        let mut dumps = Dumps::new(Arc::default()).last_only();
        dumps.set_requests(requests.clone());
        TextParser::at(start).feed(&text, &mut dumps);
        found.extend(dumps.latest().map(Dump::summary));
        end = start;
    }
    let mut sequence = Sequence::new(choice.clone());
    for (at, dump) in found.into_iter().rev().enumerate() {
        sequence.add(Summary { number: at as u32 + 1, ..dump });
    }
    Ok(Some(Survey::of(sequence, whole)))
}

/// Reads what is watched of one dump. It is the only one that is read, so its number is 1.
///
/// # Errors
/// When the file cannot be read.
pub fn read_one(path: &Path, dump: &Summary, watch: Arc<Watch>) -> io::Result<Dumps> {
    let mut dumps = Dumps::new(watch).last_only();
    let mut text = TextParser::at(dump.start);
    if is_gzip(path) {
        let mut offset = 0_u64;
        read_gzip(path, |piece| {
            let within = |at: u64| at.saturating_sub(offset).min(piece.len() as u64) as usize;
            text.feed(piece.get(within(dump.start)..within(dump.end)).unwrap_or_default(), &mut dumps);
            offset += piece.len() as u64;
        })?;
        return Ok(dumps);
    }
    let mut file = Followed::new(path);
    file.refresh()?;
    let mut buffer = vec![0; BLOCK];
    while text.offset() < dump.end {
        let wanted = (dump.end - text.offset()).min(buffer.len() as u64) as usize;
        let piece = buffer.get_mut(..wanted).unwrap_or_default();
        let read = file.read_at(piece, text.offset())?;
        if read == 0 {
            break;
        }
        text.feed(piece.get(..read).unwrap_or_default(), &mut dumps);
    }
    Ok(dumps)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use super::*;

    /// Dumps that count from the beginning, each of so many bytes at least.
    fn write(path: &Path, dumps: u32, bytes: usize) {
        let mut text = String::new();
        for tick in 1..=dumps {
            _ = write!(
                text,
                "\n---------- Begin Simulation Statistics ----------\nsimTicks {tick}\nfinalTick {tick}\nx.ipc {tick}\n{}\n\
                 \n---------- End Simulation Statistics   ----------\n",
                "#".repeat(bytes)
            );
        }
        fs::write(path, text).unwrap();
    }

    #[test]
    fn whichever_way_a_dump_is_looked_for_it_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        write(&path, 9, 100);
        for choice in ["first", "2", "9", "last", "-2", "-9", "roi:4", "10", "-10", "roi:10", "label:x"] {
            let choice: Choice = choice.parse().unwrap();
            let look = |reach| {
                let chosen = survey(&path, Requests::default(), &choice, reach).unwrap().chosen(true);
                chosen.map(|chosen| (chosen.dump.dump.start, chosen.dump.dump.interval, chosen.dump.relation.word()))
            };
            assert_eq!(look(Reach::Found).ok(), look(Reach::Told).ok(), "{choice}");
        }
    }

    #[test]
    fn what_is_counted_from_the_end_of_a_large_file_is_found_there_without_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        write(&path, 40, 1 << 20);
        let look = |choice: &str| {
            let survey = survey(&path, Requests::default(), &choice.parse().unwrap(), Reach::Told).unwrap();
            let chosen = survey.chosen(true).unwrap();
            let watch = Arc::new(Watch::new(&["*.ipc"]).unwrap());
            let value = read_one(&path, &chosen.dump.dump, watch).unwrap().latest().unwrap().row();
            (chosen.place(), chosen.dump.relation.word(), value)
        };
        assert_eq!(look("last"), (None, "cumulative", vec![Some(40.0)]));
        assert_eq!(look("-2"), (None, "cumulative", vec![Some(39.0)]));
        assert_eq!(look("-40"), (Some((1, 40)), "disjoint", vec![Some(1.0)]));
        assert_eq!(look("39"), (Some((39, 40)), "cumulative", vec![Some(39.0)]));
    }

    #[test]
    fn dumps_that_were_asked_for_are_passed_over_from_the_end_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        write(&path, 3, 0);
        let block = fs::metadata(&path).unwrap().len() / 3;
        let look = |choice: &str, ends| {
            let requests = Requests::new(vec![block * 2]);
            let survey = survey(&path, requests, &choice.parse().unwrap(), Reach::Found).unwrap();
            survey.chosen(ends).map(|chosen| chosen.dump.dump.start / block)
        };
        assert_eq!((look("last", false), look("last", true)), (Ok(1), Ok(2)));
        assert_eq!((look("-2", false), look("-2", true)), (Ok(0), Ok(1)));
    }
}
