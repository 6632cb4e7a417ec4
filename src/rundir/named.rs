//! Paths through a descriptor, as people know them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where the kernel names the descriptors of this process.
pub(super) const DESCRIPTORS: &str = "/proc/self/fd";

/// The path of something in a held directory as people know it: by the name that the directory has now. Any other path is
/// given back as it is.
pub(crate) fn as_named(path: &Path) -> PathBuf {
    let held = path.strip_prefix(DESCRIPTORS).ok().and_then(|below| {
        let mut parts = below.components();
        let link = Path::new(DESCRIPTORS).join(parts.next()?);
        let name = std::fs::read_link(link).ok()?;
        // What was removed is told with a word behind its name.
        let name = name.as_os_str().as_bytes();
        let name = name.strip_suffix(b" (deleted)").unwrap_or(name);
        let (name, rest) = (Path::new(OsStr::from_bytes(name)), parts.as_path());
        // Nothing joined to a path is a slash behind it.
        Some(if rest.as_os_str().is_empty() { name.to_owned() } else { name.join(rest) })
    });
    held.unwrap_or_else(|| path.to_owned())
}
