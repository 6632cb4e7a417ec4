//! A file that somebody else writes: telling growth from truncation and replacement.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::libc;

/// So many bytes at the start and before the known end are compared after a change. They tell a file that was truncated and
/// has since grown to its old length or past it from one that was only appended to.
const FINGERPRINT: u64 = 64;

/// What became of a file since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// Bytes were appended.
    Grew,
    /// It is the same file with other content: what was read before is not there any more.
    Truncated,
    /// Another file has its name.
    Replaced,
    /// It does not exist any more.
    Gone,
    /// It did not exist and does now.
    Appeared,
}

impl Change {
    /// Whether everything that is known of the content must be forgotten.
    pub fn is_reset(self) -> bool {
        matches!(self, Self::Truncated | Self::Replaced | Self::Gone | Self::Appeared)
    }

    /// What happened to the file, in words that follow its name, if whoever reads it must know.
    pub fn event(self) -> Option<&'static str> {
        match self {
            Self::Truncated => Some("was cut short"),
            Self::Replaced => Some("was replaced"),
            Self::Gone => Some("was removed"),
            Self::None | Self::Grew | Self::Appeared => None,
        }
    }
}

/// A file under a name, which may not exist yet. It is read by position and never mapped, so that a file that shrinks
/// while it is read gives short reads and not a SIGBUS.
#[derive(Debug)]
pub(super) struct Followed {
    path: PathBuf,
    open: Option<Opened>,
    len: u64,
    modified: Option<SystemTime>,
    /// The first bytes, and the last ones before `len`.
    fingerprint: [Vec<u8>; 2],
}

#[derive(Debug)]
struct Opened {
    file: File,
    device: u64,
    inode: u64,
}

impl Followed {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), open: None, len: 0, modified: None, fingerprint: [const { Vec::new() }; 2] }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The length at the last [`Followed::refresh`].
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn exists(&self) -> bool {
        self.open.is_some()
    }

    /// Looks at the file again. An error other than absence leaves everything as it was.
    pub(super) fn refresh(&mut self) -> io::Result<Change> {
        let mut change = Change::Appeared;
        if let Some(open) = &self.open {
            let named = match std::fs::metadata(&self.path) {
                Ok(named) => named,
                Err(error) if is_absence(&error) => return Ok(self.lose()),
                Err(error) => return Err(error),
            };
            if (open.device, open.inode) == (named.dev(), named.ino()) {
                return self.compare(&named);
            }
            change = Change::Replaced;
        }
        match self.reopen() {
            Ok(()) => Ok(change),
            Err(error) if is_absence(&error) => Ok(self.lose()),
            Err(error) => Err(error),
        }
    }

    /// Reads at a position until the buffer is full or the file ends. Returns how many bytes were read.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let Some(open) = &self.open else { return Ok(0) };
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match open.file.read_at(rest, offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn lose(&mut self) -> Change {
        self.len = 0;
        self.fingerprint = Default::default();
        if self.open.take().is_some() { Change::Gone } else { Change::None }
    }

    fn reopen(&mut self) -> io::Result<()> {
        let (file, facts) = open_with_facts(&self.path)?;
        self.open = Some(Opened { file, device: facts.dev(), inode: facts.ino() });
        (self.len, self.modified) = (facts.len(), facts.modified().ok());
        self.take_fingerprint()
    }

    fn compare(&mut self, named: &Metadata) -> io::Result<Change> {
        let (len, modified) = (named.len(), named.modified().ok());
        if (len, modified) == (self.len, self.modified) {
            return Ok(Change::None);
        }
        let change = match len {
            len if len < self.len || !self.is_intact()? => Change::Truncated,
            len if len > self.len => Change::Grew,
            _ => Change::None,
        };
        (self.len, self.modified) = (len, modified);
        self.take_fingerprint()?;
        Ok(change)
    }

    /// Whether what was there at the last look still is, as far as the fingerprint tells.
    fn is_intact(&self) -> io::Result<bool> {
        Ok(self.read_fingerprint()? == self.fingerprint)
    }

    fn take_fingerprint(&mut self) -> io::Result<()> {
        self.fingerprint = self.read_fingerprint()?;
        Ok(())
    }

    /// The bytes at both ends of the known part.
    fn read_fingerprint(&self) -> io::Result<[Vec<u8>; 2]> {
        let size = self.len.min(FINGERPRINT);
        let read = |offset| -> io::Result<Vec<u8>> {
            let mut bytes = vec![0; size as usize];
            let read = self.read_at(&mut bytes, offset)?;
            bytes.truncate(read);
            Ok(bytes)
        };
        Ok([read(0)?, read(self.len - size)?])
    }
}

/// Opens a file to read it, and nothing else that may stand in its place.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    open_with_facts(path).map(|(file, _)| file)
}

/// The same, with what the system tells of the open file.
pub(crate) fn open_with_facts(path: &Path) -> io::Result<(File, Metadata)> {
    // Without O_NONBLOCK the open of a fifo in place of a log would wait for ever.
    let file =
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).map_err(|error| {
            // So says the kernel of a socket, which no wait turns into a file, and of a device that is away, which may come back.
            let is_no_file = || path.metadata().is_ok_and(|meta| !meta.is_file());
            if error.raw_os_error() == Some(libc::ENXIO) && is_no_file() { not_regular() } else { error }
        })?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(not_regular());
    }
    Ok((file, facts))
}

/// Says that what stands in the place of a file is none.
pub(crate) fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// The first `most` bytes of a file, and of nothing else that may stand in its place.
pub(crate) fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, facts) = open_with_facts(path)?;
    read_of(&file, facts.len(), most)
}

/// The next bytes of an open file, `most` at most. There is room for so many as it is expected to have, `length`: read into a
/// buffer that grows, a small file takes a system call for every doubling.
pub(crate) fn read_of(file: &File, length: u64, most: u64) -> io::Result<Vec<u8>> {
    /// What a file says of its length is believed up to so much.
    const ROOM: u64 = 1 << 20;
    // One more, for the read that finds the end.
    let mut bytes = Vec::with_capacity(length.min(most).min(ROOM) as usize + 1);
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
