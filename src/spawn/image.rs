//! What `execve(2)` takes, laid out in memory before there is a child.

use std::ffi::{CString, OsStr, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use nix::libc;

/// A text that no program can be given.
#[derive(Debug, thiserror::Error)]
#[error("an argument or a variable holds a zero byte, which no program can be given: {0}")]
pub(super) struct HoldsZero(String);

/// A program with its arguments and its environment.
pub(super) struct Image {
    file: CString,
    /// The strings that the two vectors point into. The vectors point to their heap blocks, which do not move.
    _strings: Vec<CString>,
    argv: Vec<*const c_char>,
    envp: Vec<*const c_char>,
}

impl Image {
    /// The program `file` with these arguments, its own name first, and these variables.
    ///
    /// # Errors
    /// When anything holds a zero byte.
    pub(super) fn new<'a>(
        file: &OsStr,
        argv: impl Iterator<Item = &'a OsStr>,
        variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>,
    ) -> Result<Self, HoldsZero> {
        let mut strings = Vec::new();
        let mut vector = |items: &mut dyn Iterator<Item = Vec<u8>>| -> Result<Vec<*const c_char>, HoldsZero> {
            let mut pointers = Vec::new();
            for item in items {
                let item = string(item)?;
                pointers.push(item.as_ptr());
                strings.push(item);
            }
            pointers.push(ptr::null());
            Ok(pointers)
        };
        let argv = vector(&mut argv.map(|argument| argument.as_bytes().to_vec()))?;
        let envp = vector(&mut variables.map(|(name, value)| [name.as_bytes(), value.as_bytes()].join(&b'=')))?;
        Ok(Self { file: string(file.as_bytes().to_vec())?, _strings: strings, argv, envp })
    }

    /// Makes this process that program. Returns only if that failed. The C library's `execvp` would hand a file that the kernel does
    /// not know to a shell; here the kernel's answer is wanted.
    pub(super) fn become_it(&self) -> io::Error {
        #[expect(unsafe_code, reason = "nix and rustix lay the vectors out anew, and nothing may be allocated here")]
        // SAFETY: both vectors end with a null pointer and point to strings that `self` keeps.
        unsafe {
            libc::execve(self.file.as_ptr(), self.argv.as_ptr(), self.envp.as_ptr());
        }
        io::Error::last_os_error()
    }
}

fn string(bytes: Vec<u8>) -> Result<CString, HoldsZero> {
    CString::new(bytes)
        .map_err(|error| HoldsZero(String::from_utf8_lossy(&error.into_vec()).escape_debug().to_string()))
}
