//! Whether the kernel killed for want of memory while the attempt ran.
//!
//! The kernel tells nobody whom it killed, only how often, so the shim reads the counters before it starts the process
//! and again after its end.

use crate::rundir::record::OomKills;
use crate::spawn::memory_group::MemoryGroup;
use crate::spawn::room::machine_oom_kills;

/// The counters at one moment.
pub(super) struct OomCounters {
    group: Option<MemoryGroup>,
    counts: OomKills,
}

impl OomCounters {
    /// The counters now.
    pub(super) fn read() -> Self {
        let group = MemoryGroup::own();
        let counts = OomKills { cgroup: group.as_ref().and_then(MemoryGroup::oom_kills), machine: machine_oom_kills() };
        Self { group, counts }
    }

    /// What they have grown by since. The group is the one of then: that is where the process was started.
    pub(super) fn grown(&self) -> OomKills {
        let grown = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        let group = self.group.as_ref().and_then(MemoryGroup::oom_kills);
        OomKills { cgroup: grown(group, self.counts.cgroup), machine: grown(machine_oom_kills(), self.counts.machine) }
    }
}
