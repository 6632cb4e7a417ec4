//! Whose fault an error of the system is: that of one simulation, or the machine's, which passes.
//!
//! What fails because of the machine is tried again, and nothing is burnt or counted as lost for it. What fails because of
//! one path or one program is told at once, because another try would fare no better.
//!
//! The awkward truth: a refusal says both. A file that may not be executed is a mistake of its owner. The experiment
//! directory, which we made and wrote to, refuses us when a Kerberos ticket or an AFS token has expired, or while somebody
//! changes its mode. So a refusal counts by whose place it comes from, and where our own directory refuses us, too, by that.

use std::error::Error;
use std::io::{self, ErrorKind as Kind};
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

/// A disk that is full, broken, read-only or gone, or a limit on the size of files.
const OF_A_DISK: [Errno; 9] = [
    Errno::ENOSPC,
    Errno::EDQUOT,
    Errno::EFBIG,
    Errno::EROFS,
    Errno::EIO,
    Errno::EUCLEAN,
    Errno::ENODEV,
    Errno::ENXIO,
    Errno::ENOMEDIUM,
];

/// The server of a disk, the way to it, or the process that serves it.
const OF_A_SERVER: [Errno; 19] = [
    Errno::ESTALE,
    Errno::EREMOTEIO,
    Errno::ENOLINK,
    Errno::ECOMM,
    Errno::EPROTO,
    Errno::ETIMEDOUT,
    Errno::ETIME,
    Errno::ENOTCONN,
    Errno::ESHUTDOWN,
    Errno::EPIPE,
    Errno::ECONNREFUSED,
    Errno::ECONNRESET,
    Errno::ECONNABORTED,
    Errno::ENETDOWN,
    Errno::ENETUNREACH,
    Errno::ENETRESET,
    Errno::ENONET,
    Errno::EHOSTDOWN,
    Errno::EHOSTUNREACH,
];

/// What proves to a server who we are.
const OF_KEYS: [Errno; 4] = [Errno::ENOKEY, Errno::EKEYEXPIRED, Errno::EKEYREVOKED, Errno::EKEYREJECTED];

/// What processes may have at once: descriptors, processes, memory, locks.
const OF_SCARCITY: [Errno; 8] = [
    Errno::EMFILE,
    Errno::ENFILE,
    Errno::EAGAIN,
    Errno::ENOMEM,
    Errno::ENOBUFS,
    Errno::ENOLCK,
    Errno::EUSERS,
    Errno::EINTR,
];

/// Whether an error says something about the machine, its disks and its limits, and not about one path: the same may
/// succeed later, and something else would fare no better now.
pub(crate) fn is_of_machine(error: &io::Error) -> bool {
    if let Some(number) = number(error) {
        let known: [&[Errno]; 4] = [&OF_A_DISK, &OF_A_SERVER, &OF_KEYS, &OF_SCARCITY];
        return known.iter().any(|numbers| numbers.contains(&number));
    }
    // Of an error that somebody made anew, only the kind is left.
    matches!(
        error.kind(),
        Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::FileTooLarge
            | Kind::ReadOnlyFilesystem
            | Kind::StaleNetworkFileHandle
            | Kind::TimedOut
            | Kind::NotConnected
            | Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::HostUnreachable
            | Kind::OutOfMemory
            | Kind::WouldBlock
            | Kind::Interrupted
    )
}

/// Whether an error is one of not being allowed.
pub(crate) fn is_refusal(error: &io::Error) -> bool {
    error.kind() == Kind::PermissionDenied
}

/// The same as [`is_of_machine`] for an error from the experiment directory, or from another place that is ours and has
/// taken what we wrote before: a refusal there passes as well.
pub(crate) fn passes_in_ours(error: &io::Error) -> bool {
    is_of_machine(error) || is_refusal(error)
}

/// Whether our own directory takes nothing just now: then nothing that is refused elsewhere tells of what is there. The
/// system is asked, and with it the server of the disk; a directory that is gone refuses nothing.
pub(crate) fn refuses(directory: &Path) -> bool {
    let asked = access(directory, AccessFlags::W_OK | AccessFlags::X_OK).map_err(io::Error::from);
    asked.is_err_and(|error| passes_in_ours(&error))
}

/// The number that the system gave. Whoever adds words to an error may hide it behind them.
fn number(error: &io::Error) -> Option<Errno> {
    if let Some(number) = error.raw_os_error() {
        return Some(Errno::from_raw(number));
    }
    let mut inner: Option<&(dyn Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(cause) = inner {
        if let Some(number) = cause.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
            return Some(Errno::from_raw(number));
        }
        inner = cause.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_disk_says_is_known_behind_the_words_of_others() {
        let wrapped = io::Error::other(io::Error::from(Errno::EKEYEXPIRED));
        assert!(is_of_machine(&wrapped) && !is_of_machine(&io::Error::other("words")));
        // Of some, only the kind is left.
        let named = io::Error::new(io::Error::from(Errno::ENOTCONN).kind(), "words");
        assert!(named.raw_os_error().is_none() && is_of_machine(&named));
    }

    #[test]
    fn a_refusal_passes_only_where_the_place_is_ours() {
        for number in [Errno::EACCES, Errno::EPERM] {
            let error = io::Error::from(number);
            assert!(!is_of_machine(&error) && passes_in_ours(&error), "{number}");
        }
        for number in [Errno::ENOENT, Errno::ENOTDIR, Errno::ELOOP, Errno::EEXIST, Errno::ENAMETOOLONG, Errno::ENOEXEC]
        {
            assert!(!passes_in_ours(&io::Error::from(number)), "{number}");
        }
        let place = tempfile::tempdir().unwrap();
        assert!(!refuses(place.path()) && !refuses(&place.path().join("missing")));
    }
}
