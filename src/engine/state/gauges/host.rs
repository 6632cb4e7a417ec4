//! What a simulation uses of the host, from looks at its process tree and its directory. Pure.

use std::collections::VecDeque;

/// The span that rates are taken over, in milliseconds.
const WINDOW_MS: u64 = 15_000;

/// One look at a process tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLook {
    /// When, on the boot clock, in milliseconds.
    pub at_ms: u64,
    /// CPU time so far, milliseconds.
    pub cpu_ms: u64,
    /// Resident memory, bytes.
    pub rss: u64,
}

/// What a running simulation uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// The latest looks at the tree, oldest first.
    trees: VecDeque<TreeLook>,
    /// The largest resident memory of any look, bytes.
    pub peak_rss: u64,
    /// The two latest different looks at the output: when, and how many bytes.
    outputs: VecDeque<(u64, u64)>,
}

impl Host {
    /// Takes a look at the tree.
    pub fn see_tree(&mut self, look: TreeLook) {
        if self.trees.back().is_some_and(|last| last.at_ms >= look.at_ms) {
            return;
        }
        self.peak_rss = self.peak_rss.max(look.rss);
        self.trees.push_back(look);
        while self.trees.len() > 2 && self.trees[0].at_ms + WINDOW_MS < look.at_ms {
            self.trees.pop_front();
        }
    }

    /// Takes a look at the output: when, and how many bytes there were.
    pub fn see_output(&mut self, at_ms: u64, bytes: u64) {
        if self.outputs.back().is_some_and(|last| last.0 >= at_ms) {
            return;
        }
        self.outputs.push_back((at_ms, bytes));
        if self.outputs.len() > 2 {
            self.outputs.pop_front();
        }
    }

    /// The last look at the tree.
    pub fn tree(&self) -> Option<TreeLook> {
        self.trees.back().copied()
    }

    /// Cores in use lately, once two looks tell it. Less CPU time than before means that a process of the tree has ended
    /// whose time is counted nowhere; then nothing is told.
    pub fn cores(&self) -> Option<f64> {
        let (first, last) = (self.trees.front()?, self.trees.back()?);
        let span = last.at_ms.checked_sub(first.at_ms).filter(|&span| span > 0)?;
        Some(last.cpu_ms.checked_sub(first.cpu_ms)? as f64 / span as f64)
    }

    /// Bytes below the attempt's directory, where that is watched.
    pub fn output(&self) -> Option<u64> {
        self.outputs.back().map(|&(_, bytes)| bytes)
    }

    /// Bytes that the output has grown by in one second, lately.
    pub fn growth(&self) -> f64 {
        match (self.outputs.front(), self.outputs.back()) {
            (Some(first), Some(last)) if last.0 > first.0 => {
                last.1.saturating_sub(first.1) as f64 * 1000.0 / (last.0 - first.0) as f64
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_told_from_two_looks_and_not_from_one() {
        let mut host = Host::default();
        host.see_tree(TreeLook { at_ms: 1_000, cpu_ms: 500, rss: 7 });
        assert_eq!(host.cores(), None);
        host.see_tree(TreeLook { at_ms: 3_000, cpu_ms: 3_500, rss: 5 });
        assert_eq!((host.cores(), host.peak_rss, host.tree().unwrap().rss), (Some(1.5), 7, 5));
        host.see_tree(TreeLook { at_ms: 5_000, cpu_ms: 0, rss: 5 });
        assert_eq!(host.cores(), None);
        for i in 0..1_000 {
            host.see_tree(TreeLook { at_ms: 6_000 + i * 500, cpu_ms: i * 100, rss: 1 });
        }
        assert!(host.trees.len() < 40, "{}", host.trees.len());
        assert!((host.cores().unwrap() - 0.2).abs() < 0.01, "an old look does not count for ever");
    }

    #[test]
    fn growth_is_of_the_output_and_never_negative() {
        let mut host = Host::default();
        assert_eq!((host.output(), host.growth()), (None, 0.0));
        host.see_output(1_000, 100);
        host.see_output(3_000, 300);
        assert_eq!((host.output(), host.growth()), (Some(300), 100.0));
        host.see_output(4_000, 50);
        assert_eq!((host.output(), host.growth()), (Some(50), 0.0));
    }
}
