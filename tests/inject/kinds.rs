//! What is done to whom: the rows of the sweep.

use std::fmt;

use nix::errno::Errno;
use nix::unistd::Pid;

use crate::calls::{self, Named};
use crate::registers::Call;

/// Whose calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// `gem5-tui run` with all its threads.
    Engine,
    /// `gem5-tui shim`.
    Shim,
    /// What the shim has forked, before it becomes gem5.
    Child,
    /// Anything else that is on the way to one of these, or away from it.
    Other,
}

impl Role {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Shim => "shim",
            Self::Child => "child",
            Self::Other => "other",
        }
    }
}

/// What happens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL to the whole process, before the call.
    Killed,
    /// The call does nothing and answers so.
    Answered(Errno),
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) role: Role,
    pub(crate) fault: Fault,
    /// How many calls in a row.
    pub(crate) times: usize,
    calls: &'static [&'static [Named]],
}

impl Kind {
    const fn new(role: Role, fault: Fault, times: usize, calls: &'static [&'static [Named]]) -> Self {
        Self { role, fault, times, calls }
    }

    /// The call's name, where it is one of this kind.
    pub(crate) fn name(&self, role: Role, process: Pid, call: &Call) -> Option<&'static str> {
        if role != self.role {
            return None;
        }
        let named = self.calls.iter().flat_map(|calls| calls.iter()).find(|(_, number)| *number == call.number);
        let counts = || match self.fault {
            Fault::Killed => calls::changes_something(process, call),
            Fault::Answered(error) => calls::may_fail(process, call, error),
        };
        named.filter(|_| counts()).map(|(name, _)| *name)
    }

    /// Whether it refuses to watch something.
    pub(crate) fn is_of_watches(&self) -> bool {
        self.calls.first() == Some(&calls::WATCHES)
    }

    /// The fault in a word.
    pub(crate) fn word(&self) -> String {
        let word = match self.fault {
            Fault::Killed => "SIGKILL".to_owned(),
            Fault::Answered(error) => format!("{error:?}{}", if self.is_of_watches() { " (watch)" } else { "" }),
        };
        if self.times == 1 { word } else { format!("{word} x {}", self.times) }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.role.word(), self.word())
    }
}

const DISK: &[&[Named]] = &[calls::DISK, calls::DISK_BY_PATH];
const CHANGES: &[&[Named]] = &[calls::DISK, calls::DISK_BY_PATH, calls::SPAWNS, calls::OTHERS];
const WAITS: &[&[Named]] = &[calls::INTERRUPTIBLE, calls::INTERRUPTIBLE_BY_OLD_NAMES];
const PERMISSIONS: &[&[Named]] = &[calls::PERMISSIONS, calls::DISK_BY_PATH];
const BECOMING: &[&[Named]] = &[calls::BECOMING, calls::BECOMING_BY_OLD_NAMES];

const fn answer(role: Role, error: Errno, calls: &'static [&'static [Named]]) -> Kind {
    Kind::new(role, Fault::Answered(error), 1, calls)
}

/// All of them. So many in a row as a disk that is away for a moment refuses.
pub(crate) const KINDS: &[Kind] = &[
    Kind::new(Role::Engine, Fault::Killed, 1, CHANGES),
    answer(Role::Engine, Errno::ENOSPC, DISK),
    answer(Role::Engine, Errno::EIO, DISK),
    answer(Role::Engine, Errno::EACCES, PERMISSIONS),
    answer(Role::Engine, Errno::EMFILE, &[calls::DESCRIPTORS]),
    answer(Role::Engine, Errno::EAGAIN, &[calls::SPAWNS]),
    answer(Role::Engine, Errno::EINTR, WAITS),
    answer(Role::Engine, Errno::ENOMEM, &[calls::MEMORY]),
    answer(Role::Engine, Errno::ENOSPC, &[calls::WATCHES]),
    Kind::new(Role::Engine, Fault::Answered(Errno::ENOSPC), 40, DISK),
    Kind::new(Role::Shim, Fault::Killed, 1, CHANGES),
    answer(Role::Shim, Errno::ENOSPC, DISK),
    answer(Role::Shim, Errno::EIO, DISK),
    answer(Role::Shim, Errno::EACCES, PERMISSIONS),
    answer(Role::Shim, Errno::EMFILE, &[calls::DESCRIPTORS]),
    answer(Role::Shim, Errno::EAGAIN, &[calls::SPAWNS]),
    answer(Role::Shim, Errno::EINTR, WAITS),
    answer(Role::Shim, Errno::ENOMEM, &[calls::MEMORY]),
    Kind::new(Role::Shim, Fault::Answered(Errno::ENOSPC), 12, DISK),
    Kind::new(Role::Child, Fault::Killed, 1, &[calls::BECOMING, calls::BECOMING_BY_OLD_NAMES, calls::OTHERS]),
    answer(Role::Child, Errno::EIO, BECOMING),
    answer(Role::Child, Errno::ENOMEM, BECOMING),
];
