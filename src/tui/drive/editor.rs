//! The user's editor or pager: it has the terminal while it is open, and the engine is listened to all the same.

use std::ffi::OsString;
use std::path::Path;

use tokio::process::Child;

use super::{Drive, closed};
use crate::text::safe_error;
use crate::tui::Error;
use crate::tui::update::{Command, Message, update};

impl Drive {
    /// Opens a file in the user's editor or pager, which has the terminal meanwhile.
    pub(super) async fn open_external(&mut self, path: &Path, line: Option<u64>) -> Result<Vec<Command>, Error> {
        if let Err(error) = path.metadata() {
            return Ok(self.tell(&format!("could not open {}: {}", path.display(), safe_error(&error))));
        }
        let argv = match external_program(&["VISUAL", "EDITOR", "PAGER"], |name| std::env::var(name).ok()) {
            Ok(argv) => argv.unwrap_or_else(|| vec!["less".to_owned()]),
            Err(problem) => return Ok(self.tell(&problem)),
        };
        let (program, options) = argv.split_first().expect("an editor has at least a name");
        // Two readers of one keyboard would each get every second key.
        self.keys = None;
        self.screen.leave();
        let at = at_line(program, path, line);
        let child = tokio::process::Command::new(program).args(options).args(at).spawn();
        let mut later = Vec::new();
        let problem = match child {
            Ok(mut child) => self.wait_for(ended(&mut child, "the editor"), &mut later).await?,
            Err(error) => Some(format!("could not start `{program}`: {}", safe_error(&error))),
        };
        self.resume()?;
        later.extend(problem.into_iter().flat_map(|problem| self.tell(&problem)));
        Ok(later)
    }

    /// Waits for whoever has the terminal. Messages are taken meanwhile, so that the engine need not wait for it. What they ask for and
    /// what cannot be done without the terminal is done `later`; so nobody is thrown out of an editor when the dashboard is to be left.
    pub(super) async fn wait_for<T>(
        &mut self,
        end: impl Future<Output = T>,
        later: &mut Vec<Command>,
    ) -> Result<T, Error> {
        let mut end = std::pin::pin!(end);
        loop {
            let message = tokio::select! {
                end = &mut end => return Ok(end),
                // The shell stops and continues it together with us.
                _ = self.signals.suspend.recv() => {
                    nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP)
                        .map_err(|errno| Error::Terminal(errno.into()))?;
                    continue;
                }
                // Keys for it; the loop outside must not take them for ours.
                _ = self.signals.interrupt.recv() => continue,
                _ = self.signals.resume.recv() => continue,
                message = self.link.incoming.recv(), if self.link_open => match message {
                    Some(message) => Message::Server(message),
                    None => closed(&self.link),
                },
                Some(reading) = self.readings.recv() => Message::Read(reading),
            };
            if matches!(message, Message::LinkClosed | Message::LinkBroken(_)) {
                self.link_open = false;
            }
            let now = self.now();
            for command in update(&mut self.model, message, now) {
                match command {
                    Command::Read(want) => self.reader.want(*want),
                    // It is only begun here; the loop outside goes on with it.
                    Command::Reconnect => self.connecting = Some((self.engines.connect)()),
                    command => later.push(command),
                }
            }
        }
    }
}

/// How a program ended, if that is worth telling.
pub(super) async fn ended(child: &mut Child, name: &str) -> Option<String> {
    match child.wait().await {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("{name} ended with {status}")),
        Err(error) => Some(format!("could not wait for {name}: {}", safe_error(&error))),
    }
}

/// The arguments that show a file at a line. Of a program that is not known, only the file.
fn at_line(program: &str, path: &Path, line: Option<u64>) -> Vec<OsString> {
    let file = path.as_os_str().to_owned();
    let Some(line) = line else { return vec![file] };
    let with_line = || {
        let mut place = file.clone();
        place.push(format!(":{line}"));
        place
    };
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name {
        "vi" | "vim" | "nvim" | "view" | "gvim" | "nano" | "pico" | "emacs" | "emacsclient" | "less" | "more"
        | "most" | "micro" | "kak" | "joe" | "jed" | "mg" | "ne" => vec![format!("+{line}").into(), file],
        "hx" | "helix" | "subl" | "zed" => vec![with_line()],
        "code" | "codium" | "code-server" | "cursor" => vec!["--goto".into(), with_line()],
        _ => vec![file],
    }
}

/// The program that the first of these variables names that is set, as an argument vector: they hold command lines in shell words.
pub(crate) fn external_program(
    names: &[&str],
    get: impl Fn(&str) -> Option<String>,
) -> Result<Option<Vec<String>>, String> {
    for name in names {
        let Some(value) = get(name).filter(|value| !value.trim().is_empty()) else { continue };
        return match shlex::split(&value).filter(|argv| !argv.is_empty()) {
            Some(argv) => Ok(Some(argv)),
            None => Err(format!("${name} is not a command line: `{value}`")),
        };
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_that_is_known_opens_at_the_line() {
        let args = |program: &str, line| at_line(program, Path::new("/a b"), line);
        assert_eq!(args("/usr/bin/vim", Some(7)), ["+7", "/a b"]);
        assert_eq!(args("hx", Some(7)), ["/a b:7"]);
        assert_eq!(args("code", Some(7)), ["--goto", "/a b:7"]);
        assert_eq!(args("cat", Some(7)), ["/a b"]);
        assert_eq!(args("vim", None), ["/a b"]);
    }

    #[test]
    fn an_editor_with_options_is_split_like_a_shell_does_and_never_run_by_one() {
        let names = ["VISUAL", "EDITOR"];
        let get = |name: &str| (name == "EDITOR").then(|| "code --wait 'a b'; rm x".to_owned());
        let argv = external_program(&names, get).unwrap().unwrap();
        assert_eq!(argv, ["code", "--wait", "a b;", "rm", "x"].map(str::to_owned));
        let unclosed = external_program(&names, |name| (name == "VISUAL").then(|| "'".to_owned()));
        assert!(unclosed.unwrap_err().contains("$VISUAL"));
        assert_eq!(external_program(&names, |_| None), Ok(None));
    }
}
