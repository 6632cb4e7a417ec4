//! When a job is expected to start, in words.

use crate::text::human;

/// What `title` said of the start of a job: a moment in seconds since the Unix epoch, or nothing.
pub(super) fn words(title: &str, id: Option<&str>, start_s: Option<i64>, now_ms: i64) -> String {
    let job = id.map_or_else(|| "its job".to_owned(), |id| format!("job {id}"));
    let Some(start_ms) = start_s.and_then(|start| start.checked_mul(1000)) else {
        return format!("{title} does not say when {job} starts");
    };
    let at = human::local_time(start_ms);
    let left_ms = u64::try_from(start_ms.saturating_sub(now_ms)).unwrap_or(0);
    let when = if left_ms == 0 { "any moment".to_owned() } else { format!("in {}", human::span(left_ms)) };
    format!("job {id} is expected to start {when}, at {at}", id = id.unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An expectation of Slurm that has passed is not "0 s ago", and none is not 1970.
    #[test]
    fn an_expectation_is_told_only_where_there_is_one() {
        assert_eq!(words("Slurm", Some("12"), None, 0), "Slurm does not say when job 12 starts");
        assert!(words("Slurm", Some("12"), Some(7_200), 0).contains("in 2"));
        assert!(words("Slurm", Some("12"), Some(7_200), 7_300_000).contains("any moment"));
        assert!(words("Slurm", None, None, 0).contains("its job"));
    }
}
