//! What this process may have: files of a size, descriptors, threads. A limit that is reached must be told as an error.
//!
//! The awkward truth: some libraries panic where the system refuses them something at their beginning, and never later. So
//! what they need then is asked for before them.

use std::fs::File;
use std::io;

use nix::libc;

/// Descriptors that a runtime opens at its beginning and panics without, and some for what follows at once.
const DESCRIPTORS: usize = 12;

/// Lets a write past the limit on file sizes (`ulimit -f`) fail with EFBIG. By itself it ends the process without a word.
/// What is started by `launch` has the default again, and a shim sets it, too.
pub(crate) fn tell_of_large_files() {
    #[expect(unsafe_code, reason = "nix calls a change of any disposition unsafe")]
    // SAFETY: SIG_IGN installs no handler, so no code of ours can run in a signal context.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Whether a runtime finds the descriptors that it needs.
///
/// # Errors
/// When there are too few.
pub(crate) fn check_descriptors() -> io::Result<()> {
    let null = File::open("/dev/null")?;
    let taken: io::Result<Vec<File>> = (1..DESCRIPTORS).map(|_| null.try_clone()).collect();
    taken.map(drop)
}

/// 2 MiB: with less for its first thread (`ulimit -s`, 8 MiB where nobody sets it) the program is in danger of overflowing it.
const STACK_LEAST: u64 = 2 << 20;

/// Does `work` on a stack that is large enough. The limit is one of the first thread; others have what they ask for.
///
/// # Errors
/// When there may be no other thread.
pub(crate) fn on_a_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    if limit.is_none_or(|limit| limit >= STACK_LEAST) {
        return Ok(work());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("main".to_owned()).stack_size(STACK_LEAST as usize);
        match thread.spawn_scoped(scope, work)?.join() {
            Ok(done) => Ok(done),
            // As it would have been on the first thread; the hook has told of it.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
