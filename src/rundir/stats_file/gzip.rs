//! Compressed stats of a simulation that has ended.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::BLOCK;

/// The first bytes of a compressed file (RFC 1952).
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// 4 GiB: so much text of a compressed file is read. A megabyte may unpack to any number of them.
const MOST_UNPACKED: u64 = 4 << 30;

/// How a compressed file was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// To its end.
    Whole,
    /// As far as it makes sense: gem5 died before it wrote the rest, or the file is damaged. With the reason, which is
    /// text of the decoder.
    CutOff(String),
}

/// Whether the file is compressed, by its first bytes.
pub fn is_gzip(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    super::open_regular(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == MAGIC
}

/// The name that gzip gives to a file that it has compressed.
pub(crate) fn packed(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}

/// Whether `path` is a compressed file whose text has so many bytes, as far as its last four bytes tell: the size modulo 4 GiB (RFC
/// 1952).
pub(crate) fn unpacks_to(path: &Path, bytes: u64) -> bool {
    let size = || {
        let mut file = super::open_regular(path)?;
        let mut size = [0; 4];
        file.seek(SeekFrom::End(-4))?;
        file.read_exact(&mut size)?;
        Ok::<u32, io::Error>(u32::from_le_bytes(size))
    };
    is_gzip(path) && size().is_ok_and(|size| u64::from(size) == bytes & u64::from(u32::MAX))
}

/// Feeds the text of a compressed file to `take`, a piece at a time. Members one behind the other are one text.
///
/// Only for a file that nobody writes any more: gem5 lets its compressor keep what it likes until the end.
///
/// # Errors
/// When the file cannot be opened or read. Damage is no error: what stands before it was written by gem5.
pub fn read_gzip(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<Integrity> {
    let source = Source { file: super::open_regular(path)?, failed: None };
    let mut text = MultiGzDecoder::new(BufReader::with_capacity(BLOCK, source));
    let mut buffer = vec![0; BLOCK];
    let mut unpacked = 0;
    loop {
        let damage = match text.read(&mut buffer) {
            Ok(0) => return Ok(Integrity::Whole),
            Ok(_) if unpacked > MOST_UNPACKED => {
                return Ok(Integrity::CutOff("it unpacks to more than 4 GiB".to_owned()));
            }
            Ok(read) => {
                unpacked += read as u64;
                take(buffer.get(..read).unwrap_or_default());
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => error,
        };
        // The decoder's own errors and those of the disk come the same way, and only the disk's are errors here.
        return match text.get_mut().get_mut().failed.take() {
            Some(error) => Err(error),
            None => Ok(Integrity::CutOff(damage.to_string())),
        };
    }
}

/// The part of the text of a compressed file that lies between two offsets, as far as it is there.
pub(super) fn part_of_gzip(path: &Path, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let (mut part, mut offset) = (Vec::new(), 0_u64);
    read_gzip(path, |piece| {
        let within = |at: u64| at.saturating_sub(offset).min(piece.len() as u64) as usize;
        part.extend_from_slice(piece.get(within(start)..within(end)).unwrap_or_default());
        offset += piece.len() as u64;
    })?;
    Ok(part)
}

/// A file that remembers its own errors.
struct Source {
    file: File,
    failed: Option<io::Error>,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::sync::Arc;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::{StatsFile, count_dumps, read_last, read_text};
    use super::*;
    use crate::gem5::stats::{Block, Requests, Watch};

    fn compressed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn block(ticks: u32) -> String {
        format!(
            "\n---------- Begin Simulation Statistics ----------\nsimTicks {ticks}\n\n\
             ---------- End Simulation Statistics   ----------\n"
        )
    }

    fn text_of(path: &Path) -> (String, Integrity) {
        let mut text = Vec::new();
        let integrity = read_gzip(path, |piece| text.extend_from_slice(piece)).unwrap();
        (String::from_utf8(text).unwrap(), integrity)
    }

    #[test]
    fn the_last_values_of_a_compressed_file_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt.gz");
        let watch = Arc::new(Watch::new(&["simTicks"]).unwrap());
        // Two members, as a run that went on in the same file leaves them.
        fs::write(&path, [compressed(&block(1)), compressed(&(block(2) + &block(3)))].concat()).unwrap();
        assert!(is_gzip(&path));
        assert_eq!(text_of(&path), (block(1) + &block(2) + &block(3), Integrity::Whole));
        let dumps = read_last(&path, watch, Requests::default()).unwrap().unwrap();
        let dump = dumps.latest().unwrap();
        assert_eq!(dump.row(), [Some(3.0)]);
        assert_eq!(read_text(&path, &dump.summary()).unwrap().as_deref(), block(3).strip_prefix('\n'));
        assert_eq!(count_dumps(&path).unwrap(), 3);
    }

    #[test]
    fn a_compressed_file_is_followed_only_when_it_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt.gz");
        let mut stats = StatsFile::open(&path, Arc::new(Watch::new(&["simTicks"]).unwrap()));
        fs::write(&path, compressed(&(block(2) + &block(3)))).unwrap();
        stats.refresh(1 << 20).unwrap();
        assert!(stats.exists() && stats.dumps().count() == 0);
        stats.set_ended();
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 2);
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 0);
        let dump = stats.dumps().latest().unwrap();
        assert_eq!(dump.row(), [Some(3.0)]);
        let text = |text: io::Result<Option<String>>| text.unwrap().unwrap_or_default();
        assert!(text(stats.text_of(&dump.summary())).contains("simTicks 3"));
        assert!(text(stats.text_before(&dump.summary())).contains("simTicks 2"));
        assert!(stats.text_before(&stats.dumps().history()[0].summary()).unwrap().is_none());
    }

    #[test]
    fn a_compressed_file_that_was_cut_off_gives_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt.gz");
        let text: String = (0..2000).map(block).collect();
        let bytes = compressed(&text);
        for cut in [3, 30, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..cut]).unwrap();
            let (read, integrity) = text_of(&path);
            assert!(text.starts_with(&read) && matches!(integrity, Integrity::CutOff(_)), "{cut}");
        }
        fs::write(&path, [&bytes[..], b"garbage"].concat()).unwrap();
        assert!(matches!(text_of(&path), (read, Integrity::CutOff(_)) if read == text));
        assert!(read_gzip(dir.path(), |_| {}).is_err(), "a directory is no file");
    }

    #[test]
    fn a_real_compressed_file_has_every_line_accounted_for() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let (text, integrity) = text_of(&folder.join("stats-gz/m5out/stats.txt.gz"));
        let block = Block::parse(&text);
        assert_eq!((block.unread, integrity), (vec![], Integrity::Whole));
        assert!(block.stats.len() > 500);
    }
}
