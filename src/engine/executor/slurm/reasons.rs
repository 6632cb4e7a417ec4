//! Why a job waits, in plain words.
//!
//! Slurm has more than a hundred reasons, and each release has new ones. The few that people meet are put into words, the many
//! limits by how their names are made; the rest is shown as it is. Slurm's own word always stands there, too: it is what a
//! search engine or an administrator knows.

/// What a reason means for the one who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    /// It passes by itself.
    Passes,
    /// It is on hold, and its owner may release it.
    Held,
    /// It is on hold, and only an administrator may release it.
    HeldBySite,
    /// It does not start unless somebody changes something.
    Blocked,
}

/// Why a job waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Reason {
    /// In plain words, with Slurm's own; empty if Slurm gives none. Slurm's part comes from outside.
    pub(in crate::engine) words: String,
    /// What it means.
    pub(in crate::engine) kind: Kind,
}

/// Reasons by their whole names.
const NAMED: [(&str, Kind, &str); 35] = [
    ("Priority", Kind::Passes, "behind jobs of higher priority"),
    ("Resources", Kind::Passes, "first in line, until a node has room"),
    ("JobHeldUser", Kind::Held, "held"),
    ("job requeued in held state", Kind::Held, "held"),
    ("JobHeldAdmin", Kind::HeldBySite, "held by an administrator, and only one can release it"),
    (
        "launch failed requeued held",
        Kind::HeldBySite,
        "its node could not start it, and only an administrator can release it",
    ),
    ("Dependency", Kind::Passes, "until the jobs that it depends on have ended"),
    ("DependencyNeverSatisfied", Kind::Blocked, "a job that it depends on failed; it will never start: cancel it"),
    ("BeginTime", Kind::Passes, "until the time at which it may begin"),
    ("PartitionConfig", Kind::Blocked, "asks for more than its partition gives; will not start unless that is changed"),
    (
        "PartitionTimeLimit",
        Kind::Blocked,
        "asks for more time than its partition gives; will not start unless that is changed",
    ),
    (
        "PartitionNodeLimit",
        Kind::Blocked,
        "asks for other nodes than its partition gives; will not start unless that is changed",
    ),
    ("PartitionDown", Kind::Blocked, "its partition is down, until an administrator brings it back"),
    ("PartitionInactive", Kind::Blocked, "its partition is inactive, until an administrator brings it back"),
    ("BadConstraints", Kind::Blocked, "no node can have what it asks for; will not start unless that is changed"),
    ("NodeDown", Kind::Blocked, "a node that it needs is down"),
    ("ReqNodeNotAvail", Kind::Passes, "a node that it needs is down, drained or reserved"),
    (
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
        Kind::Passes,
        "the nodes that it needs are down, drained or taken by other partitions",
    ),
    ("JobArrayTaskLimit", Kind::Passes, "as many of its array run as may"),
    ("Reservation", Kind::Passes, "until its reservation begins"),
    ("ReservationDeleted", Kind::Blocked, "its reservation is gone; will not start unless that is changed"),
    ("InvalidAccount", Kind::Blocked, "its account is not valid here; will not start unless that is changed"),
    ("InvalidQOS", Kind::Blocked, "its QOS is not valid here; will not start unless that is changed"),
    ("QOSNotAllowed", Kind::Blocked, "its QOS is not allowed here; will not start unless that is changed"),
    (
        "AccountNotAllowed",
        Kind::Blocked,
        "its account may not use this partition; will not start unless that is changed",
    ),
    ("QOSUsageThreshold", Kind::Passes, "its QOS has used more than its share for now"),
    ("Licenses", Kind::Passes, "until a licence is free"),
    ("Cleaning", Kind::Passes, "until its last run is cleaned up"),
    ("Prolog", Kind::Passes, "its node is being prepared"),
    ("NodesBusy", Kind::Passes, "until a node has room"),
    ("MaxRequeue", Kind::HeldBySite, "was started again too often, and is on hold"),
    ("JobHoldMaxRequeue", Kind::HeldBySite, "was started again too often, and is on hold"),
    ("BurstBufferResources", Kind::Passes, "until a burst buffer has room"),
    ("FrontEndDown", Kind::Blocked, "no front end node runs, until an administrator brings one back"),
    ("DeadLine", Kind::Blocked, "cannot end before its deadline"),
];

/// What a reason of Slurm says.
pub(in crate::engine) fn reason(slurm: &str) -> Reason {
    let slurm = slurm.trim();
    if slurm.is_empty() || slurm == "None" {
        return Reason { words: String::new(), kind: Kind::Passes };
    }
    // Some have more behind a comma: `ReqNodeNotAvail, UnavailableNodes:n2`. scontrol writes `_` for a blank.
    let spaced = slurm.replace('_', " ");
    let name = spaced.split(',').next().unwrap_or(&spaced).trim();
    let named = NAMED.iter().find(|(known, ..)| *known == spaced || *known == name);
    let meant = named.map(|(_, kind, plain)| (*plain, *kind)).or_else(|| limit(name));
    match meant {
        Some((plain, kind)) => Reason { words: format!("{plain} ({slurm})"), kind },
        None => Reason { words: slurm.to_owned(), kind: Kind::Passes },
    }
}

/// Limits of accounts and of qualities of service, of which there are dozens. `Grp` is a limit of what all jobs use together, `Max`
/// and `Min` one of what a job or a person asks for.
fn limit(name: &str) -> Option<(&'static str, Kind)> {
    let whose = if name.starts_with("Assoc") {
        Whose::Account
    } else if name.starts_with("QOS") || (name.starts_with("Max") && name.ends_with("PerAccount")) {
        Whose::Qos
    } else {
        return None;
    };
    // Of a job itself, and of the time that it asks for: waiting helps with neither.
    let of_job =
        ["PerJob", "PerNode", "WallDuration", "Min"].iter().any(|of| name.contains(of)) && !name.contains("Grp");
    // Wall time and minutes of a group are a budget, which may come back with the next month, or never.
    let budget =
        name.contains("Grp") && ["Minutes", "RunMinutes", "Wall", "Billing"].iter().any(|of| name.contains(of));
    Some(match (whose, of_job, budget) {
        (Whose::Account, true, _) => {
            ("asks for more than your account may; will not start unless that is changed", Kind::Blocked)
        }
        (Whose::Qos, true, _) => {
            ("asks for more than its QOS may; will not start unless that is changed", Kind::Blocked)
        }
        (Whose::Account, _, true) => {
            ("your account has used up its budget, or would with the jobs that run", Kind::Passes)
        }
        (Whose::Qos, _, true) => ("its QOS has used up its budget, or would with the jobs that run", Kind::Passes),
        (Whose::Account, ..) => ("your account uses as much as it may at once; until jobs of it end", Kind::Passes),
        (Whose::Qos, ..) => ("its QOS is used as much as it may be at once; until jobs in it end", Kind::Passes),
    })
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Account,
    Qos,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_an_administrator_knows_stays_visible() {
        assert_eq!(reason("Priority").words, "behind jobs of higher priority (Priority)");
        let odd = "ReqNodeNotAvail, UnavailableNodes:n2";
        assert!(reason(odd).words.ends_with("(ReqNodeNotAvail, UnavailableNodes:n2)"));
        for (name, ..) in NAMED {
            assert!(reason(name).words.ends_with(&format!("({name})")), "{name}");
        }
    }

    #[test]
    fn a_reason_that_nobody_knows_is_shown_and_blocks_nothing() {
        assert_eq!(reason("SomethingNew: 7"), Reason { words: "SomethingNew: 7".into(), kind: Kind::Passes });
        assert_eq!(reason("None").words, "");
        assert_eq!(reason("").words, "");
    }

    #[test]
    fn only_what_its_owner_may_release_is_offered_for_release() {
        let kind = |name| reason(name).kind;
        assert_eq!(kind("JobHeldUser"), Kind::Held);
        assert_eq!(kind("job requeued in held state"), Kind::Held);
        assert_eq!(kind("job_requeued_in_held_state"), Kind::Held);
        assert_eq!(kind("JobHeldAdmin"), Kind::HeldBySite);
        assert_eq!(kind("launch failed requeued held"), Kind::HeldBySite);
    }

    /// Weeks were lost to jobs that could not start and looked as if they only waited.
    #[test]
    fn a_job_that_will_never_start_does_not_look_like_one_that_waits() {
        for never in [
            "PartitionConfig",
            "PartitionTimeLimit",
            "PartitionNodeLimit",
            "DependencyNeverSatisfied",
            "BadConstraints",
            "InvalidAccount",
            "InvalidQOS",
            "QOSMaxWallDurationPerJobLimit",
            "AssocMaxWallDurationPerJobLimit",
            "QOSMaxMemoryPerJob",
            "QOSMaxCpuPerNode",
            "AssocMaxCpuPerJobLimit",
            "QOSMinCpuNotSatisfied",
        ] {
            assert_eq!(reason(never).kind, Kind::Blocked, "{never}");
        }
        for passes in [
            "Resources",
            "BeginTime",
            "JobArrayTaskLimit",
            "QOSMaxJobsPerUserLimit",
            "AssocGrpCpuLimit",
            "AssocMaxJobsLimit",
            "QOSGrpMemLimit",
            "QOSMaxCpuPerUserLimit",
            "AssocGrpCPUMinutesLimit",
            "MaxCpuPerAccount",
            "QOSGrpWallLimit",
        ] {
            assert_eq!(reason(passes).kind, Kind::Passes, "{passes}");
        }
    }
}
