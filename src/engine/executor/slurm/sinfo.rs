//! sinfo(1): how long jobs of a partition may run. `sbatch --test-only` says nothing of that: a job that asks for more is taken and
//! then waits for ever.

use std::time::Duration;

/// The arguments that ask for all partitions, or for these.
pub(in crate::engine) fn arguments(partitions: Option<&str>) -> Vec<String> {
    let asked = partitions.map(|partitions| format!("--partition={partitions}"));
    ["--noheader", "--format=%P|%l"].map(str::to_owned).into_iter().chain(asked).collect()
}

/// The longest that a job may run in one of the partitions; in the default one where none is named. None where there is no limit, or
/// nothing is said that is understood.
pub(in crate::engine) fn longest(stdout: &str, is_named: bool) -> Option<Duration> {
    let lines = stdout.lines().filter_map(|line| line.trim().split_once('|'));
    let limits = lines.filter(|(partition, _)| is_named || partition.ends_with('*')).map(|(_, limit)| span(limit));
    // A job may go to any of those that are named, and one without a limit takes all.
    limits.collect::<Option<Vec<Duration>>>()?.into_iter().max()
}

/// `7-00:00:00`, `1:30:00`, `30:00` or `30` minutes; none of `infinite`, and of what is not understood.
fn span(text: &str) -> Option<Duration> {
    let (days, rest) = text.split_once('-').map_or((0, text), |(days, rest)| (days.parse().unwrap_or(0), rest));
    let parts: Vec<u64> = rest.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let seconds = match (parts.as_slice(), text.contains('-')) {
        ([hours, minutes, seconds], _) => hours * 3600 + minutes * 60 + seconds,
        ([hours, minutes], true) => hours * 3600 + minutes * 60,
        ([hours], true) => hours * 3600,
        ([minutes, seconds], false) => minutes * 60 + seconds,
        ([minutes], false) => minutes * 60,
        _ => return None,
    };
    Some(Duration::from_secs(days * 86_400 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Such a job waits for ever, with the reason `PartitionTimeLimit` or `PartitionConfig`.
    #[test]
    fn the_longest_time_is_that_of_the_partition_that_a_job_goes_to() {
        let said = "main*|infinite\nshort|1:00\nlong|7-00:00:00\n";
        assert_eq!(longest(said, false), None, "the default has no limit");
        assert_eq!(longest("short*|30:00\nlong|infinite\n", false), Some(Duration::from_mins(30)));
        assert_eq!(longest("short|1:00\n", true), Some(Duration::from_mins(1)));
        assert_eq!(longest("a|1:30:00\nb|2-12\n", true), Some(Duration::from_hours(60)));
        assert_eq!(longest("a|1:00\nb|infinite\n", true), None);
        assert_eq!(longest("", true), None);
    }
}
