//! What a process tree uses right now.

use nix::unistd::{SysconfVar, sysconf};

use super::stat::Stat;

/// CPU time and memory of a tree, summed over its processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TreeUsage {
    /// CPU time in user mode and in the kernel, milliseconds, with children that were waited for.
    pub cpu_ms: u64,
    /// Resident memory in bytes. Pages that processes share count for each of them.
    pub rss: u64,
    /// How many processes live.
    pub processes: usize,
}

impl TreeUsage {
    /// The sum over `members`, plus clock ticks of processes that were reaped by somebody outside `members`.
    pub(super) fn sum(members: &[Stat], reaped_ticks: u64) -> Self {
        let ticks: u64 = reaped_ticks + members.iter().map(|s| s.own_ticks + s.reaped_ticks).sum::<u64>();
        let pages: u64 = members.iter().map(|s| s.resident_pages).sum();
        // sysconf(3) has these two on every Linux; the fallbacks are what x86-64 and AArch64 servers have.
        let per_second = setting(SysconfVar::CLK_TCK, 100);
        let page = setting(SysconfVar::PAGE_SIZE, 4096);
        Self { cpu_ms: ticks.saturating_mul(1000) / per_second, rss: pages * page, processes: members.len() }
    }
}

fn setting(variable: SysconfVar, fallback: u64) -> u64 {
    sysconf(variable).ok().flatten().and_then(|n| u64::try_from(n).ok()).filter(|&n| n > 0).unwrap_or(fallback)
}
