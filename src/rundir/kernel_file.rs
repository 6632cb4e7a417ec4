//! Files that the kernel makes while they are read: those of proc(5) and of control groups.
//!
//! They have no size, so a reader that asks for it and begins with a small piece, as the standard library's does, asks the kernel
//! many times for a line. Here the first piece is larger than nearly all of them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// 8 KiB: `/proc/vmstat` has about 4.
const PIECE: usize = 8 << 10;

/// The bytes of such a file.
pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut text = vec![0; PIECE];
    let mut length = 0;
    loop {
        if length == text.len() {
            text.resize(2 * length, 0);
        }
        match file.read(&mut text[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    text.truncate(length);
    Ok(text)
}

/// The text of such a file. What is no UTF-8 in it, such as the name that a process chose, is replaced.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    bytes(path)
        .map(|bytes| String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_length_is_read_whole() {
        let place = tempfile::tempdir().unwrap();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE] {
            let path = place.path().join(length.to_string());
            let text: String = ('a'..='z').cycle().take(length).collect();
            std::fs::write(&path, &text).unwrap();
            assert_eq!(read(&path).unwrap(), text);
        }
        assert!(read(Path::new("/proc/self/status")).unwrap().contains("\nSigIgn:"));
        assert_eq!(read(&place.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
