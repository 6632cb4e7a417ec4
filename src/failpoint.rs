//! Places where a test makes the program fail at an exact moment.
//!
//! A crash between two system calls is a matter of microseconds, so no test hits it by chance. A debug build reads the
//! variable `GEM5_TUI_FAILPOINTS`, a list such as `atomic.synced@exit.json=kill;shim.spawned=wait:/tmp/go`: at the
//! named point (and, after the `@`, only for a file of that name) it dies as by `kill -9`, panics, returns an error of the
//! system, is late by so many milliseconds (`delay:20ms`), adds a byte to a file (`count:/tmp/n`), or waits until a file exists, and says so by a file of that name with `.here` behind it. A list that begins with
//! `@` is read from that file each time, so that a test can break and mend a disk while the program runs. A release build has
//! none of this: [`point`] is an empty function there.

use std::io;
use std::path::Path;

/// A moment that a test may choose; `path` is what the moment is about. See the names where this is called.
#[cfg(not(debug_assertions))]
#[inline]
pub fn point(_name: &str, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// A moment that a test may choose; `path` is what the moment is about. See the names where this is called.
#[cfg(debug_assertions)]
pub fn point(name: &str, path: &Path) -> io::Result<()> {
    let Some(text) = std::env::var_os("GEM5_TUI_FAILPOINTS") else { return Ok(()) };
    let text = text.to_string_lossy();
    let text = match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).unwrap_or_default(),
        None => text.into_owned(),
    };
    let text = text.trim();
    let path = &named(path);
    let chosen =
        text.split(';').filter_map(|entry| entry.split_once('=')).find(|(place, _)| match place.split_once('@') {
            Some((place, file)) => place == name && path.ends_with(file),
            None => *place == name,
        });
    chosen.map_or(Ok(()), |(_, action)| act(action))
}

/// The path as a test knows it: what is held by a descriptor is named by the name of its directory.
#[cfg(debug_assertions)]
fn named(path: &Path) -> std::path::PathBuf {
    let below = path.strip_prefix("/proc/self/fd").ok().map(|below| below.components());
    let held = below.and_then(|mut below| {
        let name = std::fs::read_link(Path::new("/proc/self/fd").join(below.next()?)).ok()?;
        Some(name.join(below.as_path()))
    });
    held.unwrap_or_else(|| path.to_owned())
}

#[cfg(debug_assertions)]
fn act(action: &str) -> io::Result<()> {
    use nix::errno::Errno;
    if let Some(path) = action.strip_prefix("wait:") {
        // Says that it stands there, to a test which must know.
        _ = std::fs::write(format!("{path}.here"), "");
        while !Path::new(path).exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        return Ok(());
    }
    if let Some(ms) = action.strip_prefix("delay:").and_then(|late| late.strip_suffix("ms")?.parse().ok()) {
        std::thread::sleep(std::time::Duration::from_millis(ms));
        return Ok(());
    }
    if let Some(file) = action.strip_prefix("count:") {
        use std::io::Write;
        return std::fs::File::options().append(true).create(true).open(file)?.write_all(b".");
    }
    match action {
        "kill" => {
            nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL)?;
            Ok(())
        }
        "panic" => panic!("a failpoint wants a panic here"),
        name => {
            // By the name that errno(3) has for it.
            let known = (1..=133).map(Errno::from_raw).find(|errno| format!("{errno:?}") == name);
            Err(known.unwrap_or_else(|| panic!("`{action}` is nothing that a failpoint does")).into())
        }
    }
}
