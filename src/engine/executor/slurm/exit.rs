//! How the script of a job ended, as Slurm tells it.

/// An exit status of Slurm: a code, or a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct RawExit {
    /// The exit code; 0 where a signal ended it.
    pub(in crate::engine) code: u32,
    /// The signal that ended it, or a number of Slurm's own; 0 for none.
    pub(in crate::engine) signal: u32,
}

impl RawExit {
    /// What Slurm gives a job that it could not start on its node: the log or the working directory cannot be opened.
    pub(super) const LAUNCH_FAILED: u32 = 53;

    /// From a wait status as wait(2) has it, which is what squeue prints; or `CODE:SIGNAL`, which all else prints.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some((code, signal)) = text.split_once(':') {
            return Some(Self { code: code.parse().ok()?, signal: signal.parse().ok()? });
        }
        // The largest numbers stand for "none" in Slurm.
        let status = text.parse::<u32>().ok().filter(|status| *status < 1 << 16)?;
        let signal = status & 0x7f;
        Some(Self { code: if signal == 0 { status >> 8 } else { 0 }, signal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_status_is_not_an_exit_code() {
        for (raw, code, signal) in [
            ("0", 0, 0),
            ("768", 3, 0),
            ("33280", 130, 0),
            ("65280", 255, 0),
            ("11", 0, 11),
            ("9", 0, 9),
            ("253", 0, 125),
            ("4021", 0, 53),
            ("3:0", 3, 0),
            ("0:53", 0, 53),
        ] {
            assert_eq!(RawExit::read(raw), Some(RawExit { code, signal }), "{raw}");
        }
    }

    #[test]
    fn what_is_no_status_is_not_zero() {
        for none in ["", "N/A", "4294967294", "-1", ":", "3:"] {
            assert_eq!(RawExit::read(none), None, "{none:?}");
        }
    }
}
