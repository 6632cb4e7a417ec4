//! The only way to standard output and standard error.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::{self, JoinHandle};

use serde::Serialize;

use crate::diagnostic::{Look, Rendered};
use crate::report::write::{Document, text};
use crate::text::json::ascii;
pub(crate) use crate::text::json::number;
use crate::text::{Colour, Safe, SpanStyle, StyledLine, StyledSpan};
use crate::tui::theme::{Colours, Surroundings, ThemeName};

/// Columns of a terminal that tells nothing of itself.
const USUAL_WIDTH: usize = 80;

/// Buffered standard output that knows when nobody reads it any more.
pub(crate) struct Output {
    sink: BufWriter<Box<dyn Write>>,
    /// The object that is being printed: there may be a hundred thousand.
    object: Vec<u8>,
}

/// Why something could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The reader is gone, as with `| head`.
    #[error("standard output is closed")]
    Closed,
    /// Another error.
    #[error("could not write to standard output")]
    Io(#[source] io::Error),
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self::to(Box::new(io::stdout()))
    }

    /// Any other sink, for tests.
    pub(crate) fn to(sink: Box<dyn Write>) -> Self {
        Self { sink: BufWriter::new(sink), object: Vec::new() }
    }

    /// Prints one line.
    pub(crate) fn line(&mut self, line: &Safe) -> Result<(), PrintError> {
        self.write(line.as_str().as_bytes())?;
        self.write(b"\n")
    }

    /// Prints text that ends in a newline already.
    pub(crate) fn block(&mut self, text: &Safe) -> Result<(), PrintError> {
        self.write(text.as_str().as_bytes())
    }

    /// Prints lines, with their styles where the terminal shall show them.
    pub(crate) fn styled(&mut self, lines: &[StyledLine], has_styles: bool) -> Result<(), PrintError> {
        for styled in lines {
            // Nothing behind the last letter, as in the document.
            let mut left = styled.plain().trim_end().len();
            for StyledSpan { text, style } in &styled.spans {
                let shown = text.as_bytes().get(..left).unwrap_or(text.as_bytes());
                left -= shown.len();
                let on = if has_styles && !shown.is_empty() { sgr(*style) } else { String::new() };
                self.write(on.as_bytes())?;
                self.write(shown)?;
                self.write(if on.is_empty() { b"" } else { b"\x1b[0m" })?;
            }
            self.write(b"\n")?;
        }
        Ok(())
    }

    /// Prints what a writer of results made. What strangers wrote in it is safe already.
    pub(crate) fn document(&mut self, document: &Document) -> Result<(), PrintError> {
        self.write(document.as_str().as_bytes())
    }

    /// Prints one JSON object on a line of its own, in ASCII: no byte of a log or a name reaches a terminal raw.
    pub(crate) fn json<T: Serialize>(&mut self, value: &T) -> Result<(), PrintError> {
        self.object.clear();
        serde_json::to_writer(&mut self.object, value).map_err(io::Error::other).map_err(PrintError::Io)?;
        // What serde_json writes is text.
        let text = String::from_utf8_lossy(&self.object);
        self.sink.write_all(ascii(&text).as_bytes()).map_err(print_error)?;
        self.write(b"\n")
    }

    /// Does `work` with an output that never waits for its reader: what is printed waits in memory, in the order it
    /// was printed. Returns when all of it is written, or the reader is gone.
    ///
    /// For a program that has more to do than to print. What can pile up is bounded by the number of transitions of an
    /// experiment, a few hundred bytes each.
    pub(crate) fn without_waiting<T, E: From<PrintError>>(
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let background = Background::start(Box::new(io::stdout())).map_err(PrintError::Io)?;
        let failed = Arc::clone(&background.failed);
        let mut output = Self::to(Box::new(background));
        let result = work(&mut output).and_then(|result| output.flush().map(|()| result).map_err(E::from));
        // Waits for the thread.
        drop(output);
        let result = result?;
        match failed.get() {
            // The work is done; that nobody reads about the last of it changes nothing.
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(PrintError::Io(error.kind().into()).into()),
            _ => Ok(result),
        }
    }

    /// Hands on what is buffered. Called after every event that a reader waits for.
    pub(crate) fn flush(&mut self) -> Result<(), PrintError> {
        self.sink.flush().map_err(print_error)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PrintError> {
        self.sink.write_all(bytes).map_err(print_error)
    }
}

/// A thread that writes, and what has become of it.
struct Background {
    bytes: Option<mpsc::Sender<Vec<u8>>>,
    failed: Arc<OnceLock<io::Error>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    fn start(mut sink: Box<dyn Write + Send>) -> io::Result<Self> {
        let (bytes, receiver) = mpsc::channel::<Vec<u8>>();
        let failed = Arc::new(OnceLock::new());
        let write = {
            let failed = Arc::clone(&failed);
            move || {
                for chunk in receiver {
                    if let Err(error) = sink.write_all(&chunk).and_then(|()| sink.flush()) {
                        // Only the first error counts, and nothing is written after it.
                        _ = failed.set(error);
                        return;
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("print".to_owned()).spawn(write)?;
        Ok(Self { bytes: Some(bytes), failed, thread: Some(thread) })
    }

    fn check(&self) -> io::Result<()> {
        self.failed.get().map_or(Ok(()), |error| Err(error.kind().into()))
    }
}

impl Write for Background {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        if let Some(sender) = &self.bytes {
            // The thread ends early only after an error, which the next write reports.
            _ = sender.send(bytes.to_vec());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.check()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.bytes.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told already by the panic hook.
            _ = thread.join();
        }
    }
}

/// What turns a style on; nothing for none. Select Graphic Rendition, ECMA-48 8.3.117, with the colours of xterm.
fn sgr(style: SpanStyle) -> String {
    let colour = |colour: Option<Colour>, of: u8| match colour {
        None => Vec::new(),
        Some(Colour::Indexed(index)) => vec![of, 5, index],
        Some(Colour::Rgb(r, g, b)) => vec![of, 2, r, g, b],
    };
    let marks = [(style.bold, 1), (style.dim, 2), (style.underline, 4), (style.reverse, 7)];
    let marks = marks.into_iter().filter(|(is_on, _)| *is_on).map(|(_, code)| code);
    let codes: Vec<String> =
        marks.chain(colour(style.fg, 38)).chain(colour(style.bg, 48)).map(|code| code.to_string()).collect();
    if codes.is_empty() { String::new() } else { format!("\u{1b}[{}m", codes.join(";")) }
}

fn print_error(error: io::Error) -> PrintError {
    if error.kind() == io::ErrorKind::BrokenPipe { PrintError::Closed } else { PrintError::Io(error) }
}

/// Prints one line for people on standard error. There is nowhere to complain if that fails.
pub(crate) fn complain(line: &Safe) {
    _ = writeln!(io::stderr(), "{line}");
}

/// Prints on standard error what a writer of results made.
pub(crate) fn complain_document(document: &Document) {
    _ = io::stderr().write_all(document.as_str().as_bytes());
}

/// Shows `line` on the last line of the terminal that standard error goes to, in place of what was shown there so. ECMA-48 8.3.41,
/// erase in line.
pub(crate) fn show_progress(line: &Safe) {
    _ = write!(io::stderr(), "\r\x1b[2K{line}");
}

/// Empties that line for what is printed next.
pub(crate) fn hide_progress() {
    _ = write!(io::stderr(), "\r\x1b[2K");
}

/// Prints diagnostics, which end in a newline already, on standard error.
pub(crate) fn complain_block(text: &Rendered) {
    _ = io::stderr().write_all(text.as_bytes());
}

/// How diagnostics may look on standard error: in colour only on a terminal, and not where `NO_COLOR` is set.
pub(crate) fn stderr_look() -> Look {
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let width = crossterm::terminal::size().map_or(Look::PLAIN.width, |(columns, _)| usize::from(columns).max(40));
    Look { colour, width: if io::stderr().is_terminal() { width } else { Look::PLAIN.width } }
}

/// What the terminal is like that standard output goes to, and whether it shows styles; none if it goes to a pipe or a file.
pub(crate) fn terminal() -> Option<(text::Look, bool)> {
    let size = || crossterm::terminal::size().ok().filter(|(columns, _)| *columns > 0);
    is_terminal().then(|| {
        let theme = Surroundings::of(|name| std::env::var(name).ok()).theme(ThemeName::Auto);
        let width = Some(size().map_or(USUAL_WIDTH, |(columns, _)| usize::from(columns)));
        (text::Look { width, unicode: theme.unicode }, theme.colours != Colours::None)
    })
}

/// Whether a person reads questions on standard error and can answer them.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// What the terminal is like on which a line may be drawn over and over; none where standard output or standard error goes elsewhere, or
/// the terminal only prints.
pub(crate) fn for_progress() -> Option<text::Look> {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if is_dumb || !io::stderr().is_terminal() { None } else { terminal().map(|(look, _)| look) }
}

/// Whether a person sees standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}
