//! Which other hosts are gone with all their processes, because a person said so.
//!
//! What was said is written down, because the next engine cannot see those processes either.

use std::collections::BTreeSet;
use std::io;

use super::atomic;
use super::layout::ExperimentDir;
use super::record::{Identity, Moment, Takeover};

/// The hosts that are gone, each with the boot that was meant: what it starts after a restart is another matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takeovers {
    gone: BTreeSet<(String, String)>,
}

impl Takeovers {
    /// What people have said in this experiment.
    pub fn read(outdir: &ExperimentDir) -> Self {
        let said: Vec<Takeover> = atomic::read_lines(&outdir.takeovers());
        Self { gone: said.into_iter().map(|takeover| (takeover.host, takeover.boot_id)).collect() }
    }

    /// Whether the host of this process is gone.
    pub fn holds(&self, process: &Identity) -> bool {
        self.gone.contains(&(process.host.clone(), process.boot_id.clone()))
    }

    /// Writes down that these hosts are gone. `by` is the host from which it is said.
    pub fn add(&mut self, outdir: &ExperimentDir, gone: BTreeSet<(String, String)>, by: &str) -> io::Result<()> {
        for (host, boot_id) in &gone {
            let (host, boot_id, by) = (host.clone(), boot_id.clone(), by.to_owned());
            atomic::append_line(&outdir.takeovers(), &Takeover { host, boot_id, at: Moment::now(), by })?;
        }
        self.gone.extend(gone);
        Ok(())
    }
}
