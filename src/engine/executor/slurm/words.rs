//! What a command of Slurm complains of, as one line for people.

use crate::text::excerpt::excerpt;

/// More than this is the noise of a site's wrappers around the commands.
const MOST: usize = 600;

/// The lines of what a command wrote to standard error, without its own name in front, in one line. Not yet fit for a terminal.
pub(super) fn words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(said).filter(|line| !line.is_empty()).collect();
    excerpt(lines.join("; "), MOST)
}

/// A line without `sbatch: error: ` or the like.
fn said(line: &str) -> &str {
    let line = line.trim();
    let line = ["sbatch: ", "squeue: ", "sacct: ", "scancel: ", "scontrol: "]
        .iter()
        .find_map(|name| line.strip_prefix(name))
        .unwrap_or(line);
    ["error: ", "fatal: "].iter().find_map(|kind| line.strip_prefix(kind)).unwrap_or(line).trim()
}

/// Whether a query gave an answer, or why it gave none. Some errors come with exit status 0, such as that of a user that the
/// controller does not know: the empty answer would look as if all jobs were gone. One that comes with an answer is a warning.
pub(super) fn answered(code: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Result<(), String> {
    let warned = || String::from_utf8_lossy(stderr).lines().any(|line| line.contains("error:"));
    let empty = stdout.trim_ascii().is_empty();
    match code {
        Some(0) if !(empty && warned()) => Ok(()),
        Some(code) if stderr.trim_ascii().is_empty() => Err(format!("exit status {code} and no word of why")),
        None if stderr.trim_ascii().is_empty() => Err("it was ended by a signal".to_owned()),
        _ => Err(words(stderr)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_with_exit_status_zero_is_not_an_empty_queue() {
        assert_eq!(
            answered(Some(0), b"\n", b"squeue: error: Invalid user: nosuchuser\n\n"),
            Err("Invalid user: nosuchuser".into())
        );
        assert_eq!(answered(Some(0), b"", b""), Ok(()));
        assert_eq!(answered(Some(0), b"", b"slurm 24.11: news for users\n"), Ok(()));
    }

    /// A plugin that a site forgot to take away complains at every command.
    #[test]
    fn an_answer_with_a_warning_is_an_answer() {
        assert_eq!(answered(Some(0), b"1|RUNNING|\n", b"squeue: error: plugin not found: x\n"), Ok(()));
        assert!(answered(Some(1), b"1|RUNNING|\n", b"").is_err(), "half of an answer is none");
    }

    #[test]
    fn a_query_that_was_ended_is_no_answer() {
        assert!(answered(None, b"", b"").is_err());
        assert!(answered(Some(1), b"", b"").is_err());
    }

    #[test]
    fn megabytes_of_a_wrapper_do_not_become_a_message() {
        assert!(words(&vec![b'x'; 1 << 20]).len() <= MOST);
        assert_eq!(
            words(b"sbatch: error: one\n\nslurm_load_jobs error: t\xffwo\n"),
            "one; slurm_load_jobs error: t\u{fffd}wo"
        );
    }
}
