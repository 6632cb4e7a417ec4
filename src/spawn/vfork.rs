//! A child that shares our memory until it is another program.
//!
//! fork(2) copies the page tables of the whole process, and what both write to afterwards: for an engine that knows ten thousand
//! simulations that costs more than the program that is started. Here the kernel is asked for a child in our own memory, and this
//! thread stands still until the child has an image of its own (`CLONE_VM` and `CLONE_VFORK` of clone(2), as in `posix_spawn(3)`, which
//! knows too little of what a child of ours must do first).
//!
//! The awkward truth: until then whatever the child writes, it writes into our memory, with all other threads at work. So it makes
//! system calls on what was prepared before, and neither allocates, nor takes a lock, nor panics.

use std::ffi::{c_int, c_void};
use std::io;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::image::Image;

/// 64 KiB: a few calls deep, and the frames of a build without optimisation are large.
const STACK_BYTES: usize = 64 << 10;

struct Child<'a> {
    image: &'a Image,
    prepare: &'a mut dyn FnMut() -> io::Result<()>,
    failed: Option<c_int>,
}

/// Starts `image`, whose process first does what `prepare` says. All signals are blocked in it until it says otherwise.
///
/// # Errors
/// When there is no process to be had, or what kept the child from becoming another program.
pub(super) fn start(image: &Image, prepare: &mut dyn FnMut() -> io::Result<()>) -> io::Result<Pid> {
    let mut child = Child { image, prepare, failed: None };
    let mut stack: Vec<u128> = Vec::with_capacity(STACK_BYTES / size_of::<u128>());
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // A handler of ours would run in the child, on memory that belongs to both.
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    #[expect(unsafe_code, reason = "no crate starts a child in this way that can do what ours must")]
    // SAFETY: the stack grows down from its end, which is aligned, and it outlives the child's use of it, as `child` does: with
    // `CLONE_VFORK` this thread goes on when the child has another image or is gone. See the top of this file for what runs there.
    let pid = unsafe {
        let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
        libc::clone(run, top.cast(), flags, (&raw mut child).cast())
    };
    let started = Errno::result(pid);
    let restored = before.thread_set_mask();
    let pid = Pid::from_raw(started?);
    restored?;
    match child.failed {
        None => Ok(pid),
        Some(errno) => {
            // It is over, and nobody else knows of it.
            _ = waitpid(pid, None);
            Err(io::Error::from_raw_os_error(errno))
        }
    }
}

extern "C" fn run(child: *mut c_void) -> c_int {
    #[expect(unsafe_code, reason = "the kernel hands over what it was given")]
    // SAFETY: it is the `Child` of `start`, which stands still meanwhile.
    let child = unsafe { &mut *child.cast::<Child<'_>>() };
    let error = match (child.prepare)() {
        Ok(()) => child.image.become_it(),
        Err(error) => error,
    };
    child.failed = Some(error.raw_os_error().unwrap_or(libc::EINVAL));
    127
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use nix::sys::signal::Signal;
    use nix::sys::wait::WaitStatus;

    use super::*;

    fn image(file: &str, arguments: &[&str]) -> Image {
        let argv = std::iter::once(file).chain(arguments.iter().copied());
        Image::new(OsStr::new(file), argv.map(OsStr::new), std::iter::empty()).unwrap()
    }

    #[test]
    fn what_cannot_be_started_is_told_by_the_kernels_own_words_and_leaves_no_child() {
        for (file, errno) in [("/bin/none", libc::ENOENT), ("/", libc::EACCES)] {
            let error = start(&image(file, &[]), &mut || Ok(())).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(errno), "{file}");
        }
        let refused = start(&image("/bin/true", &[]), &mut || Err(Errno::EMFILE.into())).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EMFILE));
    }

    #[test]
    fn the_child_does_first_what_it_is_told_and_our_signals_are_as_before() {
        let before = SigSet::thread_get_mask().unwrap();
        let mut prepare = || Ok(nix::unistd::chdir(c"/proc/self")?);
        let pid = start(&image("/bin/sh", &["-c", "test -e cmdline && exit 7"]), &mut prepare).unwrap();
        assert_eq!(waitpid(pid, None), Ok(WaitStatus::Exited(pid, 7)));
        assert!(!std::path::Path::new("cmdline").exists(), "the directory is the child's own");
        assert_eq!(SigSet::thread_get_mask().unwrap().contains(Signal::SIGTERM), before.contains(Signal::SIGTERM));
    }

    #[test]
    fn many_threads_may_start_children_at_once() {
        let one = || {
            let pid = start(&image("/bin/true", &[]), &mut || Ok(())).unwrap();
            waitpid(pid, None).unwrap()
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| (0..20).map(|_| one()).collect::<Vec<_>>())).collect();
            for status in all.into_iter().flat_map(|thread| thread.join().unwrap()) {
                assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
            }
        });
    }
}
