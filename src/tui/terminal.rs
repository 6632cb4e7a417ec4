//! The terminal: what is switched on, and that all of it is switched off again, whatever happens.

use std::io::{self, Stdout, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::clipboard::CopyToClipboard;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::terminal::{
    self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::Rect;

use super::model::Model;
use super::panes;

const RAW: u8 = 1;
const ALTERNATE: u8 = 2;
const PASTE: u8 = 4;

/// The terminal while the dashboard has it. Dropping it gives it back as it was.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    /// What is switched on, shared with the panic hook.
    on: Arc<AtomicU8>,
}

impl Screen {
    /// Takes the terminal, and gives it back before a panic prints its message.
    pub(super) fn take() -> io::Result<Self> {
        let on = Arc::new(AtomicU8::new(0));
        let shared = Arc::clone(&on);
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back(&shared);
            previous(info);
        }));
        let mut screen = Self { terminal: Terminal::new(CrosstermBackend::new(io::stdout()))?, on };
        screen.enter()?;
        Ok(screen)
    }

    /// Switches everything on. A failure half way leaves nothing on once this is dropped.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        self.on.fetch_or(RAW, Ordering::SeqCst);
        execute!(io::stdout(), EnterAlternateScreen)?;
        self.on.fetch_or(ALTERNATE, Ordering::SeqCst);
        execute!(io::stdout(), EnableBracketedPaste)?;
        self.on.fetch_or(PASTE, Ordering::SeqCst);
        self.forget()
    }

    /// Gives the terminal back for a while, for an editor or the shell.
    pub(super) fn leave(&self) {
        give_back(&self.on);
    }

    /// Draws everything anew the next time, for when something else has drawn on the terminal. `Terminal::clear` is not
    /// used: it asks the terminal for the cursor, and the answer would have to come through the keyboard.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        let (width, height) = terminal::size()?;
        self.terminal.resize(Rect::new(0, 0, width, height))
    }

    /// The size now.
    pub(super) fn size() -> io::Result<(u16, u16)> {
        terminal::size()
    }

    /// Draws the model. The terminal shows the frame only when it has all of it, if it can do that.
    pub(super) fn draw(&mut self, model: &Model) -> io::Result<()> {
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        let drawn = self.terminal.draw(|frame| {
            if let Some(cursor) = panes::draw(model, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        });
        execute!(io::stdout(), EndSynchronizedUpdate)?;
        drawn.map(|_| ())
    }

    /// Asks the terminal to put text on its user's clipboard. Not every terminal does, and none says so.
    pub(super) fn copy(text: &str) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&self.on);
    }
}

/// Switches off what is on, last first. Errors have nobody to be told to: the terminal may be the thing that failed.
fn give_back(on: &AtomicU8) {
    let on = on.swap(0, Ordering::SeqCst);
    let mut out = io::stdout();
    if on & PASTE != 0 {
        _ = execute!(out, DisableBracketedPaste);
    }
    if on & ALTERNATE != 0 {
        _ = execute!(out, EndSynchronizedUpdate, Show, LeaveAlternateScreen);
    }
    if on & RAW != 0 {
        _ = terminal::disable_raw_mode();
    }
    _ = out.flush();
}
