//! `gem5-tui bridge`: the way of a client on another host to an engine. It is started where the engine runs, by what can start
//! something there, and understands nothing of what is said.

use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;

use crate::commands::{Exit, Failure};

/// Carries until the engine has hung up, or nobody reads what it says.
pub(super) fn bridge(socket: &Path) -> Result<Exit, Failure> {
    carry(socket).map(|()| Exit::Ok).map_err(Failure::io(format!("could not reach {}", socket.display())))
}

fn carry(socket: &Path) -> io::Result<()> {
    let mut engine = UnixStream::connect(socket)?;
    let mut input = File::from(rustix::stdio::stdin().try_clone_to_owned()?);
    let mut output = File::from(rustix::stdio::stdout().try_clone_to_owned()?);
    let mut said = engine.try_clone()?;
    // It ends with the process.
    thread::Builder::new().name("said".to_owned()).spawn(move || {
        // A client that is gone says nothing more, and the engine hears that it has hung up.
        _ = io::copy(&mut input, &mut said);
        _ = said.shutdown(Shutdown::Write);
    })?;
    io::copy(&mut engine, &mut output).map(drop)
}
