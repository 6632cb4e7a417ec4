//! A dashboard in a terminal that nobody looks at.

use std::io::Read;
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::stage::Stage;

/// A dashboard. Killed when it is dropped.
pub(crate) struct Dashboard {
    child: Box<dyn Child + Send + Sync>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Dashboard {
    pub(crate) fn open(stage: &Stage) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 }).unwrap();
        let plain = stage.command("exp.yaml --start");
        let mut command = CommandBuilder::new(plain.get_program());
        command.args(plain.get_args());
        command.cwd(stage.path("."));
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap());
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        // A terminal that takes nothing would hold the dashboard up.
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while matches!(reader.read(&mut bytes), Ok(1..)) {}
        });
        Self { child, _terminal: pair.master }
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn kill(&mut self) {
        // SIGHUP, which the crate sends first, is not what is tested here.
        if let Some(pid) = self.child.process_id() {
            let pid = nix::unistd::Pid::from_raw(pid.cast_signed());
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
        }
        self.child.wait().unwrap();
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        if self.is_alive() {
            self.kill();
        }
    }
}
