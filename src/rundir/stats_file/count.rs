//! How many dumps a file has before one of them, by their markers alone: what is in them is not read, which is most of the work.

use std::io;
use std::path::Path;

use memchr::memmem;

use super::{READ_WHOLE, is_gzip};
use crate::gem5::stats::{Marker, Requests, marker};
use crate::rundir::follow::read_regular;

/// What every marker begins with.
const RULE: &[u8] = b"---------- ";

/// How many complete dumps that nobody asked for are in front of the place `start` of a file. None where that is not known: in a
/// compressed file, behind so much of a large one that counting would take long, and where a dump was cut off.
///
/// # Errors
/// When the file cannot be read.
pub fn dumps_before(path: &Path, start: u64, requests: &Requests) -> io::Result<Option<u32>> {
    if start > READ_WHOLE || is_gzip(path) {
        return Ok(None);
    }
    let text = read_regular(path, start)?;
    let mut count = 0;
    let mut open = None;
    for at in memmem::find_iter(&text, RULE).filter(|at| at.checked_sub(1).is_none_or(|before| text[before] == b'\n')) {
        let line = text[at..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        match (marker(line), open) {
            (None, _) => {}
            (Some(Marker::Begin), None) => open = Some(at as u64),
            (Some(Marker::End), Some(begin)) => {
                count += u32::from(!requests.explain(begin));
                open = None;
            }
            (Some(Marker::Begin), Some(_)) | (Some(Marker::End), None) => return Ok(None),
        }
    }
    Ok((text.len() as u64 == start && open.is_none()).then_some(count))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Reach, survey};
    use super::*;

    fn dump(label: &str, value: u32) -> String {
        format!(
            "\n---------- Begin Simulation Statistics{label} ----------\nx ---------- Begin Simulation Statistics\nipc {value}\n\n\
             ---------- End Simulation Statistics   ----------\n"
        )
    }

    /// Where the dumps begin.
    fn starts(text: &str) -> Vec<u64> {
        text.match_indices("\n---------- Begin").map(|(at, _)| at as u64 + 1).collect()
    }

    #[test]
    fn the_count_is_that_of_who_reads_all_dumps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        let text: String = ["", " : a ---------- b", "", ""].iter().zip(0..).map(|(label, n)| dump(label, n)).collect();
        fs::write(&path, &text).unwrap();
        let starts = starts(&text);
        for asked in [vec![], vec![starts[1] - 1], vec![starts[0], starts[2]]] {
            let requests = Requests::new(asked.clone());
            let count = starts.iter().filter(|start| !requests.explain(**start)).count();
            for choice in (1..=count).map(|back| format!("-{back}")) {
                let survey = survey(&path, requests.clone(), &choice.parse().unwrap(), Reach::Told).unwrap();
                let chosen = survey.chosen(false).unwrap();
                let before = dumps_before(&path, chosen.dump.dump.start, &requests).unwrap();
                assert_eq!(before.map(|before| before + 1), Some(chosen.dump.place), "{choice} of {asked:?}");
            }
        }
    }

    #[test]
    fn where_it_is_not_clear_there_is_no_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        let before = |text: &str, start: u64| {
            fs::write(&path, text).unwrap();
            dumps_before(&path, start, &Requests::default()).unwrap()
        };
        let (whole, cut) = (dump("", 1), "---------- Begin Simulation Statistics ----------\nghost 1\n");
        let text = format!("{cut}{whole}{whole}");
        assert_eq!(before(&text, starts(&text)[1]), None);
        let text = format!("---------- End Simulation Statistics   ----------\n{whole}{whole}");
        assert_eq!(before(&text, starts(&text)[1]), None);
        // A file that is shorter by now is another one.
        assert_eq!(before(&whole, whole.len() as u64 + 7), None);
        assert_eq!(before(&whole, READ_WHOLE + 1), None);
        assert!(dumps_before(&dir.path().join("none"), 1, &Requests::default()).is_err());
    }
}
