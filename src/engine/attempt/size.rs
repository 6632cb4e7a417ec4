//! How much an attempt has written.

use std::fs;
use std::path::Path;

/// Files and directories that are counted in one look. Scripts may write one file for each region; a simulation with
/// more than this is found to have written a lot in any case.
const MOST_ENTRIES: usize = 20_000;

/// Bytes of all files below `dir`. Links are not followed; of more entries than can be counted in a moment, the first ones.
/// None if the directory itself cannot be read.
pub fn bytes_below(dir: &Path) -> Option<u64> {
    let mut folders = vec![fs::read_dir(dir).ok()?];
    let mut bytes = 0_u64;
    let mut entries = 0;
    while let Some(folder) = folders.last_mut() {
        let Some(entry) = folder.next() else {
            folders.pop();
            continue;
        };
        entries += 1;
        if entries > MOST_ENTRIES {
            break;
        }
        // What vanishes while it is looked at is not there any more.
        let Ok(meta) = entry.as_ref().map_err(drop).and_then(|entry| entry.metadata().map_err(drop)) else { continue };
        if meta.is_file() {
            bytes = bytes.saturating_add(meta.len());
        } else if meta.is_dir()
            && let Ok(entry) = entry
        {
            folders.extend(fs::read_dir(entry.path()).ok());
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_at_any_depth_count_and_links_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("m5out/cpt.100");
        fs::create_dir_all(&deep).unwrap();
        fs::write(dir.path().join("spec.json"), "12345").unwrap();
        fs::write(deep.join("m5.cpt"), vec![0; 1000]).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        assert_eq!(bytes_below(dir.path()), Some(1005));
        assert_eq!(bytes_below(&dir.path().join("missing")), None);
    }
}
