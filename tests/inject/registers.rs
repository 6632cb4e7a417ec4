//! What a stopped thread asks of the kernel, and how it is told something else: the one thing that differs by architecture.

use nix::Result;
use nix::unistd::Pid;

pub(crate) use machine::{IS_KNOWN, Registers};

/// Which side of a system call a thread has stopped at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Entry,
    Exit,
}

/// A call as it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
}

/// An argument that no call takes: a descriptor, an address, a size and flags that there are not.
const IMPOSSIBLE: [u64; 6] = [u64::MAX; 6];

/// What the thread asks for, with its registers as they were.
pub(crate) fn asked(thread: Pid) -> Result<(Call, Registers)> {
    let registers = machine::read(thread)?;
    Ok((machine::call(&registers), registers))
}

/// Makes the kernel refuse what is asked for at this entry. A call cannot be taken back in the same way on every
/// architecture, so it is given arguments with which it does nothing.
pub(crate) fn spoil(thread: Pid, asked: &Registers) -> Result<()> {
    machine::write(thread, machine::with_arguments(*asked, IMPOSSIBLE))
}

/// At the exit of a call that was spoilt: the thread finds its registers as they were, and this error as the answer.
pub(crate) fn answer(thread: Pid, asked: &Registers, error: nix::errno::Errno) -> Result<()> {
    machine::write(thread, machine::with_answer(*asked, -i64::from(error as i32)))
}

pub(crate) fn side(thread: Pid) -> Result<Side> {
    machine::side(thread)
}

#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod machine {
    use nix::Result;
    use nix::libc;
    use nix::sys::ptrace;
    use nix::unistd::Pid;

    use super::{Call, Side};

    pub(crate) type Registers = libc::user_regs_struct;

    pub(crate) const IS_KNOWN: bool = true;

    pub(super) fn side(thread: Pid) -> Result<Side> {
        let is_entry = ptrace::syscall_info(thread)?.op == libc::PTRACE_SYSCALL_INFO_ENTRY;
        Ok(if is_entry { Side::Entry } else { Side::Exit })
    }

    pub(super) fn read(thread: Pid) -> Result<Registers> {
        ptrace::getregs(thread)
    }

    pub(super) fn write(thread: Pid, registers: Registers) -> Result<()> {
        ptrace::setregs(thread, registers)
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn call(registers: &Registers) -> Call {
        let Registers { rdi, rsi, rdx, r10, r8, r9, orig_rax, .. } = *registers;
        Call { number: orig_rax.cast_signed(), arguments: [rdi, rsi, rdx, r10, r8, r9] }
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn with_arguments(registers: Registers, [rdi, rsi, rdx, r10, r8, r9]: [u64; 6]) -> Registers {
        Registers { rdi, rsi, rdx, r10, r8, r9, ..registers }
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn with_answer(registers: Registers, answer: i64) -> Registers {
        Registers { rax: answer.cast_unsigned(), ..registers }
    }

    #[cfg(target_arch = "aarch64")]
    pub(super) fn call(registers: &Registers) -> Call {
        let [a, b, c, d, e, f, _, _, number, ..] = registers.regs;
        Call { number: number.cast_signed(), arguments: [a, b, c, d, e, f] }
    }

    #[cfg(target_arch = "aarch64")]
    pub(super) fn with_arguments(mut registers: Registers, arguments: [u64; 6]) -> Registers {
        registers.regs[..6].copy_from_slice(&arguments);
        registers
    }

    #[cfg(target_arch = "aarch64")]
    pub(super) fn with_answer(mut registers: Registers, answer: i64) -> Registers {
        registers.regs[0] = answer.cast_unsigned();
        registers
    }
}

/// Nothing is traced here, so nothing of this is ever called.
#[cfg(not(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod machine {
    use nix::Result;
    use nix::errno::Errno;
    use nix::unistd::Pid;

    use super::{Call, Side};

    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Registers;

    pub(crate) const IS_KNOWN: bool = false;

    pub(super) fn side(_thread: Pid) -> Result<Side> {
        Err(Errno::ENOSYS)
    }

    pub(super) fn read(_thread: Pid) -> Result<Registers> {
        Err(Errno::ENOSYS)
    }

    pub(super) fn write(_thread: Pid, _registers: Registers) -> Result<()> {
        Err(Errno::ENOSYS)
    }

    pub(super) fn call(_registers: &Registers) -> Call {
        Call { number: -1, arguments: [0; 6] }
    }

    pub(super) fn with_arguments(registers: Registers, _arguments: [u64; 6]) -> Registers {
        registers
    }

    pub(super) fn with_answer(registers: Registers, _answer: i64) -> Registers {
        registers
    }
}
