//! A program that reads the log: it has the terminal while it runs, and until its user has read what it wrote there.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Drive;
use super::editor::ended;
use crate::rundir::log_text;
use crate::text::{Safe, safe_error};
use crate::tui::Error;
use crate::tui::reading::LogText;
use crate::tui::terminal::Screen;
use crate::tui::update::Command;

/// What is written to a program that has ended fails at once.
const WRITTEN_WITHIN: Duration = Duration::from_millis(200);

impl Drive {
    /// Runs it and gives it the log.
    pub(super) async fn pipe(&mut self, log: LogText, argv: &[String]) -> Result<Vec<Command>, Error> {
        let Some((program, args)) = argv.split_first() else { return Ok(Vec::new()) };
        let name = Safe::line(program);
        // Two readers of one keyboard would each get every second key.
        self.keys = None;
        self.screen.leave();
        let child = tokio::process::Command::new(program).args(args).stdin(Stdio::piped()).spawn();
        let mut later = Vec::new();
        let problem = match child {
            Ok(mut child) => {
                let stdin = child.stdin.take().and_then(|stdin| stdin.into_owned_fd().ok());
                let (tell, written) = oneshot::channel();
                let writing = std::thread::Builder::new().name("log-pipe".to_owned()).spawn(move || {
                    let Some(stdin) = stdin else { return };
                    let mut out = io::BufWriter::new(std::fs::File::from(stdin));
                    // Nobody may be left to be told.
                    _ = tell.send(log_text::print(&log.path, log.filter.as_ref(), &mut out));
                });
                let told = self.wait_for(ended(&mut child, &name), &mut later).await?;
                let written = match writing {
                    // Who was started by the program may hold the pipe for ever, and read nothing.
                    Ok(_) => self.wait_for(timeout(WRITTEN_WITHIN, written), &mut later).await?,
                    Err(error) => Ok(Ok(Err(error))),
                };
                told.or_else(|| unwritten(written.ok()?.ok()?))
            }
            Err(error) => Some(format!("could not start `{name}`: {}", safe_error(&error))),
        };
        let end = problem.as_ref().map_or_else(String::new, |problem| format!("{problem}; "));
        // A terminal that is gone is noticed by the loop.
        _ = Screen::tell_outside(&Safe::line(&format!("[{end}enter goes back to gem5-tui] ")));
        let entered = tokio::task::spawn_blocking(|| io::stdin().read_line(&mut String::new()));
        _ = self.wait_for(entered, &mut later).await?;
        self.resume()?;
        later.extend(problem.into_iter().flat_map(|problem| self.tell(&problem)));
        Ok(later)
    }
}

/// Why the log could not be handed over. A program that wants no more of it says nothing by that.
fn unwritten(written: io::Result<()>) -> Option<String> {
    let error = written.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)?;
    Some(format!("could not read the log: {}", safe_error(&error)))
}
