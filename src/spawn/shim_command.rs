//! How a shim is started: its command line, which engine and shim must agree on.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The shim's first argument: it tells the role from the commands that people type.
pub const ROLE: &str = "shim";

/// The exit code of a shim that has started nothing because of the machine, such as its full disk. In sysexits(3) it means
/// "try again later".
pub const TRY_LATER: u8 = 75;

/// The command that starts a shim for `attempt_dir`, which must be absolute. `exe` is the program itself, best
/// `/proc/self/exe`: the file may have been replaced since. `locked_spec` is the attempt's `spec.json`, open for reading
/// and writing, with its lock held. Standard output and error go nowhere; the caller may choose a log for the latter.
pub fn shim_command(exe: &Path, attempt_dir: &Path, locked_spec: File) -> Command {
    let mut command = Command::new(exe);
    command
        .arg0("gem5-tui")
        .arg(ROLE)
        .arg(attempt_dir)
        .current_dir("/")
        .stdin(locked_spec)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
