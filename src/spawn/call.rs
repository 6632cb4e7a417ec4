//! Calling a Python function in a fresh process.
//!
//! Arguments and the result travel as JSON in two files that exist only in memory (`memfd_create(2)`), which the child
//! finds at descriptors 3 and 4. The command line carries only one fixed line of Python, which reads the message from
//! descriptor 3 and runs the bootstrap that comes with it. So no argument is ever part of a command line, and one
//! command line serves every call.
//!
//! Why not pipes: a pipe holds 64 KiB, so a larger message needs somebody who keeps pumping, and a process that the
//! function leaves behind keeps a pipe open, so that its end never comes. A file in memory takes the whole message at
//! once, waits for nobody, and has its content when the process has ended, however it ended.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use serde::Serialize;

use crate::experiment::Call;
use crate::rundir::record::{CallResult, SuiteCall};

/// The Python text that imports the module, calls the function and sends the result.
const BOOTSTRAP: &str = include_str!("../../assets/spawn/call.py");

/// The Python text that runs the script of a suite.
const SUITE_BOOTSTRAP: &str = include_str!("../../assets/spawn/suite.py");

/// The Python text that puts [`SOURCES`] in place of gem5's module.
const FINDER: &str = include_str!("../../assets/spawn/finder.py");

/// What a suite gets in place of gem5's module, by the names of its modules.
const SOURCES: [(&str, &str); 7] = [
    ("gem5.utils.multiprocessing", include_str!("../../assets/spawn/multiprocessing/__init__.py")),
    ("gem5.utils.multiprocessing.context", include_str!("../../assets/spawn/multiprocessing/context.py")),
    ("gem5.utils.multiprocessing._call", include_str!("../../assets/spawn/multiprocessing/_call.py")),
    ("gem5.utils.multiprocessing._failure", include_str!("../../assets/spawn/multiprocessing/_failure.py")),
    ("gem5.utils.multiprocessing._key", include_str!("../../assets/spawn/multiprocessing/_key.py")),
    ("gem5.utils.multiprocessing._pool", include_str!("../../assets/spawn/multiprocessing/_pool.py")),
    ("gem5.utils.multiprocessing._spawns", include_str!("../../assets/spawn/multiprocessing/_spawns.py")),
];

/// The code on the command line. It is one line, because gem5 prints its command line in the banner.
pub const ONE_LINER: &str = "import json; message = json.load(open(3, 'rb')); \
                             exec(compile(message['bootstrap'], '<gem5-tui>', 'exec'))";

/// The word that follows the code, as in gem5's own multiprocessing module: it tells such processes from others in a
/// process list.
pub const MARKER: &str = "--multiprocessing-fork";

/// The descriptor on which a called child reads its arguments.
pub const ARGUMENTS_FD: RawFd = 3;

/// The descriptor on which a called child writes its result.
pub const RESULT_FD: RawFd = 4;

/// The descriptor on which a called child writes its value as Python pickles it, where its arguments are pickled.
pub const VALUE_FD: RawFd = 5;

/// 10: above every descriptor with a fixed meaning, so that moving one cannot overwrite another.
pub const FIRST_FREE_FD: RawFd = 10;

/// 8 MiB: a result is a few numbers; anything large belongs into a file of the output directory.
pub const MAX_RESULT_BYTES: usize = 8 << 20;

/// Why a function cannot be called at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{module}:{function}` cannot be called: {reason}; {advice}")]
pub struct CallError {
    /// The module.
    pub module: String,
    /// The function.
    pub function: String,
    /// Why.
    pub reason: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

/// What the child is given: its descriptors from 3 on.
#[derive(Debug)]
pub struct ChildEnds {
    /// Where the child reads its message.
    arguments: OwnedFd,
    /// Where the child writes its result. A script has none.
    result: Option<OwnedFd>,
    /// Where it writes its value as Python pickles it.
    value: Option<OwnedFd>,
}

impl ChildEnds {
    /// Each descriptor that is handed on, with the number that the child knows it by.
    pub fn descriptors(&self) -> Vec<(RawFd, RawFd)> {
        let result = self.result.iter().map(|fd| (fd.as_raw_fd(), RESULT_FD));
        let value = self.value.iter().map(|fd| (fd.as_raw_fd(), VALUE_FD));
        std::iter::once((self.arguments.as_raw_fd(), ARGUMENTS_FD)).chain(result).chain(value).collect()
    }
}

/// Our side of one call: the file in which the result will be.
#[derive(Debug)]
pub struct Exchange {
    result: File,
}

#[derive(Serialize)]
struct Message<'a> {
    bootstrap: &'a str,
    module: &'a str,
    function: &'a str,
    args: &'a [serde_json::Value],
    kwargs: &'a serde_json::Map<String, serde_json::Value>,
    search_path: &'a std::path::Path,
    max_result_bytes: usize,
    /// The arguments are there instead, and the function may import what a suite's script has imported.
    #[serde(flatten)]
    pickled: Option<PickledMessage<'a>>,
}

#[derive(Serialize)]
struct PickledMessage<'a> {
    pickled: &'a std::path::Path,
    finder: &'a str,
    sources: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct SuiteMessage<'a> {
    bootstrap: &'a str,
    finder: &'a str,
    sources: BTreeMap<&'a str, &'a str>,
    script: &'a std::path::Path,
    args: &'a [String],
    spawns: &'a std::path::Path,
    fresh: bool,
}

/// Refuses what cannot work in a fresh process, before anything is started.
pub fn check(call: &Call) -> Result<(), CallError> {
    let refuse = |reason, advice| {
        Err(CallError { module: call.module.clone(), function: call.function.clone(), reason, advice })
    };
    if matches!(call.module.as_str(), "__main__" | "__m5_main__") {
        return refuse(
            "a fresh process imports the function, and the main script of this one does not exist there",
            "put the function into a module of its own and name that module",
        );
    }
    if call.module.is_empty() || call.module.starts_with('.') {
        return refuse("there is no such module name", "write `module:function`, such as `sim:run_sim`");
    }
    if call.function.is_empty() || call.function.contains('<') {
        return refuse(
            "the function has no name that can be looked up in its module",
            "define it with `def` at the top level of the module",
        );
    }
    Ok(())
}

/// What the script of a suite is given, which asks in the directory `spawns`.
///
/// # Errors
/// What the system says.
pub fn suite(suite: &SuiteCall, spawns: &std::path::Path) -> io::Result<ChildEnds> {
    let message = serde_json::to_vec(&SuiteMessage {
        bootstrap: SUITE_BOOTSTRAP,
        finder: FINDER,
        sources: BTreeMap::from(SOURCES),
        script: &suite.script,
        args: &suite.args,
        spawns,
        fresh: suite.fresh,
    })
    .map_err(io::Error::other)?;
    let arguments = rustix::io::fcntl_dupfd_cloexec(in_memory(&message)?, FIRST_FREE_FD)?;
    Ok(ChildEnds { arguments, result: None, value: None })
}

/// A file that exists only in memory, to be read from its beginning.
fn in_memory(message: &[u8]) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create(c"gem5-tui-arguments", flags)?);
    file.write_all(message)?;
    file.rewind()?;
    Ok(file)
}

impl Exchange {
    /// Writes the message for `call` and makes a place for its result. A call whose arguments are pickled writes its value
    /// into `value`.
    ///
    /// # Errors
    /// What the system says, or why the function cannot be called.
    pub fn open(call: &Call, value: Option<&File>) -> io::Result<(Self, ChildEnds)> {
        check(call).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
        let message = serde_json::to_vec(&Message {
            bootstrap: BOOTSTRAP,
            module: &call.module,
            function: &call.function,
            args: &call.args,
            kwargs: &call.kwargs,
            search_path: &call.search_path,
            max_result_bytes: MAX_RESULT_BYTES,
            pickled: call.pickled.as_ref().map(|pickled| PickledMessage {
                pickled: &pickled.path,
                finder: FINDER,
                sources: BTreeMap::from(SOURCES),
            }),
        })
        .map_err(io::Error::other)?;
        let arguments = in_memory(&message)?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let result = File::from(memfd_create(c"gem5-tui-result", flags)?);
        // The kernel keeps the file at this size, so a child that never stops writing cannot fill the memory.
        result.set_len(MAX_RESULT_BYTES as u64)?;
        fcntl_add_seals(&result, SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
        // Away from 3 to 5, so that moving one to its place in the child cannot overwrite another one.
        let child = ChildEnds {
            arguments: rustix::io::fcntl_dupfd_cloexec(&arguments, FIRST_FREE_FD)?,
            result: Some(rustix::io::fcntl_dupfd_cloexec(&result, FIRST_FREE_FD)?),
            value: value.map(|file| rustix::io::fcntl_dupfd_cloexec(file, FIRST_FREE_FD)).transpose()?,
        };
        Ok((Self { result }, child))
    }

    /// The child has ended: reads what it left. `ended` says how it ended, for the case that there is no result.
    pub fn finish(mut self, ended: &str) -> CallResult {
        match self.received() {
            Err(e) => CallResult::None { reason: format!("the result could not be read: {e}") },
            Ok(bytes) if bytes.is_empty() => {
                CallResult::None { reason: format!("the process ended before it sent a result ({ended})") }
            }
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|e| CallResult::None {
                reason: format!("the process ended in the middle of its result ({ended}): {e}"),
            }),
        }
    }

    /// What the child has written. It shares our file position, which therefore says how much that is.
    fn received(&mut self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.result.stream_position()?).unwrap_or(usize::MAX).min(MAX_RESULT_BYTES);
        let mut bytes = vec![0; length];
        self.result.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}
