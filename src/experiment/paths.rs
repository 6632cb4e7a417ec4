//! Paths as an experiment file means them.

use std::path::{Component, Path, PathBuf};

/// `path` seen from `base`, without `.`.
pub(super) fn resolve(base: &Path, path: &str) -> PathBuf {
    let mut path: PathBuf = base.join(path).components().filter(|part| !matches!(part, Component::CurDir)).collect();
    // It is kept, for each point of a sweep.
    path.shrink_to_fit();
    path
}
