//! How a process ended, from its wait status (`wait(2)`).

use nix::libc;
use nix::sys::signal::Signal;
use rustix::process::WaitStatus;

use crate::rundir::record::End;

/// The end that `status` tells of. The status must not be one of a stop or a continue.
pub(crate) fn end_of(status: WaitStatus) -> End {
    end_of_raw(status.as_raw())
}

/// The same of the number that the kernel uses.
pub(crate) fn end_of_raw(status: i32) -> End {
    if libc::WIFSIGNALED(status) {
        let signal = libc::WTERMSIG(status);
        return End::Signaled { signal, name: signal_name(signal) };
    }
    End::Exited { code: if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { status } }
}

/// The name of a signal. Those without one are the real-time signals, which the C library counts from 34 (`signal(7)`).
pub(crate) fn signal_name(signal: i32) -> String {
    match Signal::try_from(signal) {
        Ok(known) => known.as_str().to_owned(),
        Err(_) if signal >= 34 => format!("SIGRTMIN+{}", signal - 34),
        Err(_) => format!("signal {signal}"),
    }
}

/// The end in one phrase.
pub(crate) fn in_words(end: &End) -> String {
    match end {
        End::Exited { code } => format!("exit code {code}"),
        End::Signaled { name, .. } => name.clone(),
        End::NotStarted { reason, .. } => reason.clone(),
    }
}
