//! `provenance.json`: what surrounded a launch, so that a result can be explained and made again.
//!
//! `spec.json` says what was launched. This says with which gem5, which version of which script, and on which machine. The
//! version that gem5's own banner tells is in the log, and is the truth where the two differ.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::follow::open_regular;
use super::record::Moment;
use crate::text::human;

/// Bytes that are hashed at a time.
const CHUNK: usize = 1 << 20;

/// `provenance.json`. What could not be found out is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Always [`FORMAT`](super::record::FORMAT).
    pub format: u32,
    /// When it was written, just before the launch.
    pub at: Moment,
    /// The host name.
    pub host: String,
    /// The kernel's release, such as `6.8.0-45-generic`.
    pub kernel: String,
    /// The executable. None when it could not be looked at.
    #[serde(default)]
    pub executable: Option<Build>,
    /// The script, where one is run.
    #[serde(default)]
    pub script: Option<HashedFile>,
    /// The experiment file as the engine read it.
    #[serde(default)]
    pub experiment: Option<HashedFile>,
    /// The repositories of the script and of the executable.
    #[serde(default)]
    pub repositories: Vec<Repository>,
    /// Variables of the process's environment that change what gem5 reads, by name.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// `gem5-config.json` in the working directory, which changes what resources gem5 uses.
    #[serde(default)]
    pub gem5_config: Option<HashedFile>,
}

/// One version of an executable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When its content changed, milliseconds since the Unix epoch.
    pub modified_ms: i64,
    /// The hash of its content, in hexadecimal.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The version that it tells when it is asked with `-B`.
    #[serde(default)]
    pub version: Option<String>,
    /// When it was compiled, as it tells likewise.
    #[serde(default)]
    pub compiled: Option<String>,
    /// Whether it is a script that starts something else, so that the hash does not tell which gem5 that is.
    #[serde(default)]
    pub is_script: bool,
    /// What is strange about it, in a sentence.
    #[serde(default)]
    pub note: Option<String>,
}

/// One version of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashedFile {
    /// The path.
    pub path: PathBuf,
    /// The hash of its content, in hexadecimal.
    pub sha256: String,
}

/// The state of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its top directory.
    pub path: PathBuf,
    /// The commit that is checked out, in hexadecimal.
    pub head: String,
    /// Whether tracked files differ from that commit. None when that could not be told.
    #[serde(default)]
    pub dirty: Option<bool>,
}

impl HashedFile {
    /// The file at `path` as it is now; nothing if it cannot be read.
    pub fn of(path: &Path) -> Option<Self> {
        Some(Self { path: path.to_owned(), sha256: sha256(path).ok()? })
    }
}

/// The hash of a file, in hexadecimal.
pub fn sha256(path: &Path) -> io::Result<String> {
    sha256_within(path, u64::MAX)
}

/// The same of a file that somebody else writes, if it has no more than so many bytes.
pub(crate) fn sha256_within(path: &Path, most: u64) -> io::Result<String> {
    let mut file = open_regular(path)?;
    if file.metadata()?.len() > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut file = file.by_ref().take(most);
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(human::hex(&hasher.finalize())),
            Ok(read) => hasher.update(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
