//! What this process may have: files of a size, descriptors, threads. A limit that is reached must be told as an error.
//!
//! The awkward truth: some libraries panic where the system refuses them something at their beginning, and never later. So
//! what they need then is asked for before them.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::libc;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

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

/// How many files this process could have open before it took all that the system allows; 0 if it never did.
static FILES_BEFORE: AtomicU64 = AtomicU64::new(0);

/// Takes as many open files as the system allows: an engine has some for each simulation that runs, and the usual limit of 1,024
/// is only there for programs that use select(2), which knows no number above that.
pub(crate) fn take_all_files() {
    let limit = getrlimit(Resource::Nofile);
    if let Some(before) = limit.current.filter(|before| limit.maximum.is_none_or(|most| most > *before))
        && setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).is_ok()
    {
        FILES_BEFORE.store(before, Ordering::Relaxed);
    }
}

/// In a child that is about to become another program: it has as many open files as the user has set. Makes plain system calls.
///
/// # Errors
/// When the system refuses, which none does.
pub(crate) fn give_back_files() -> io::Result<()> {
    let before = FILES_BEFORE.load(Ordering::Relaxed);
    if before == 0 {
        return Ok(());
    }
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(before), ..limit })?)
}

/// 2 MiB: with less for its first thread (`ulimit -s`, 8 MiB where nobody sets it) the program is in danger of overflowing it.
const STACK_LEAST: u64 = 2 << 20;

/// Does `work` on a stack that is large enough. The limit is one of the first thread; others have what they ask for.
///
/// # Errors
/// When there may be no other thread.
pub(crate) fn on_a_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let limit = getrlimit(Resource::Stack).current;
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
