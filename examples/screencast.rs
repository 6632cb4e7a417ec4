//! Records the real program while somebody uses it, as an SVG that moves and as stills.
//!
//!     cargo build --release && cargo run --example screencast [PROGRAM]
//!
//! A sweep on the stand-in gem5 is opened in a terminal of its own below a temporary directory, keys are pressed, and what the screen
//! shows is written to `assets/screenshots`. Whoever changes how the dashboard looks runs it again.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

type Anyhow<T> = Result<T, Box<dyn Error>>;

/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (120, 32);

/// Units of a cell.
const CELL: (u32, u32) = (9, 18);

/// Units around the screen.
const MARGIN: u32 = 10;

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(400);

/// A frame is on for this long at most: nobody waits for a sweep in a picture.
const LONGEST: Duration = Duration::from_millis(2_500);

/// A sweep of which a few fail, with a table.
const EXPERIMENT: &str = "\
name: l2-sweep
gem5: standin/gem5-standin
concurrency: 4
defaults:
  timeout: 10m
  watch: [system.cpu.ipc, \"system.l2.overallMissRate::total\"]
simulations:
  - name: ${workload}-l2_${l2}
    script: cache_sweep.py
    args: [\"--workload=${workload}\", \"--l2=${l2}\", --ticks=50000000000]
    matrix: {workload: [chase, random, matrix], l2: [256KiB, 512KiB, 1MiB, 2MiB]}
    goal: {ticks: 50_000_000_000}
  - name: ${workload}-l2_${l2}
    script: outcomes.py
    args: [\"--mode=panic\"]
    matrix: {workload: [stream], l2: [1MiB, 2MiB]}
results:
  metrics: {ipc: {value: system.cpu.ipc, better: higher}}
  baseline: {l2: 256KiB}
  workloads: workload
  views: {speedup: {metric: ipc}}
";

/// What somebody does.
enum Step {
    /// Presses keys.
    Keys(&'static str),
    /// Looks until this is on the screen.
    Until(&'static str),
    /// Looks for so many milliseconds.
    Look(u64),
    /// Keeps what is on the screen as a still of this name.
    Still(&'static str),
}

/// What is shown: from the start of the demo to its tables.
const STORY: &[Step] = &[
    Step::Until("Start"),
    Step::Look(1500),
    Step::Keys("\r"),
    Step::Until("running"),
    Step::Look(3000),
    Step::Keys("jjj"),
    Step::Look(1500),
    Step::Keys("2"),
    Step::Look(2500),
    Step::Still("running"),
    Step::Keys("1"),
    Step::Look(1500),
    Step::Keys("/"),
    Step::Look(500),
    Step::Keys("is:running l2>=512KiB"),
    Step::Look(2000),
    Step::Keys("\x1b"),
    Step::Look(1000),
    Step::Keys("m"),
    Step::Look(2500),
    Step::Keys("m"),
    Step::Until("took"),
    Step::Keys("n5"),
    Step::Look(3000),
    Step::Still("failed"),
    Step::Keys("F"),
    Step::Look(3000),
    Step::Keys("\x1b6z"),
    Step::Look(3500),
    Step::Still("results"),
    Step::Keys("zq"),
    Step::Look(1500),
];

fn main() -> Anyhow<()> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = std::env::args_os().nth(1).map_or_else(|| sources.join("target/release/gem5-tui"), PathBuf::from);
    let folder = sources.join("assets/screenshots");
    let place = tempfile::Builder::new().prefix("gem5-").tempdir()?;
    let mut terminal = Terminal::open(&fs::canonicalize(program)?, place.path())?;
    let mut film = Film::default();
    for step in STORY {
        match step {
            Step::Keys(keys) => {
                // One after the other, as a hand does.
                for key in keys.chars() {
                    terminal.press(key.encode_utf8(&mut [0; 4]))?;
                    film.watch(&terminal, Duration::from_millis(120));
                }
            }
            Step::Look(ms) => film.watch(&terminal, Duration::from_millis(*ms)),
            Step::Until(text) => {
                let begun = Instant::now();
                while !terminal.screen().contents().contains(text) {
                    if begun.elapsed() > PATIENCE || terminal.child.try_wait()?.is_some() {
                        return Err(format!("{text} was not shown:\n{}", terminal.screen().contents()).into());
                    }
                    film.watch(&terminal, LOOK);
                }
            }
            Step::Still(name) => {
                let mut still = Film::default();
                still.take(&terminal.screen());
                fs::write(folder.join(format!("{name}.svg")), still.svg())?;
            }
        }
    }
    fs::write(folder.join("screencast.svg"), film.svg())?;
    Ok(())
}

/// A terminal with the dashboard in it. Its simulations and it are ended when it is dropped.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    parser: Arc<Mutex<vt100::Parser>>,
    program: PathBuf,
    place: PathBuf,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn open(program: &Path, place: &Path) -> Anyhow<Self> {
        let (cols, rows) = SIZE;
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(program);
        // Copies, so that no path of who records it is in the picture.
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        for copied in ["assets/standin", "configs/cache_sweep.py", "configs/outcomes.py"] {
            let copying = std::process::Command::new("cp").arg("-r").arg(sources.join(copied)).arg(place).status()?;
            if !copying.success() {
                return Err(format!("{copied} cannot be copied").into());
            }
        }
        fs::write(place.join("sweep.yaml"), EXPERIMENT)?;
        command.arg("sweep.yaml");
        command.cwd(place);
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LC_ALL", "C.UTF-8")] {
            command.env(name, value);
        }
        // Nothing of who records it is in the picture, and nothing of the picture stays with them.
        for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
            let home = place.join(name);
            fs::create_dir(&home)?;
            command.env(name, home);
        }
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command)?;
        let parser = Arc::new(Mutex::new(vt100::Parser::new(rows.try_into()?, cols.try_into()?, 0)));
        let (mut output, shown) = (pair.master.try_clone_reader()?, Arc::clone(&parser));
        thread::spawn(move || {
            let mut bytes = [0; 1 << 14];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                if let Ok(mut parser) = shown.lock() {
                    parser.process(bytes.get(..read).unwrap_or_default());
                }
            }
        });
        let keys = pair.master.take_writer()?;
        let (program, place) = (program.to_owned(), place.to_owned());
        Ok(Self { child, keys, parser, program, place, _master: pair.master })
    }

    fn press(&mut self, key: &str) -> Anyhow<()> {
        self.keys.write_all(key.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    fn screen(&self) -> vt100::Screen {
        self.parser.lock().map_or_else(|broken| broken.into_inner().screen().clone(), |parser| parser.screen().clone())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for verb in ["cancel", "stop"] {
            let mut command = std::process::Command::new(&self.program);
            drop(command.args([verb, "sweep.yaml"]).current_dir(&self.place).output());
        }
        drop((self.child.kill(), self.child.wait()));
    }
}

/// What was shown, one screen after the other.
#[derive(Default)]
struct Film {
    /// Each with the rows that it is of, and for how long it was on.
    frames: Vec<(Vec<usize>, Duration)>,
    /// Every row once, however often it was shown.
    rows: Vec<String>,
    known: HashMap<String, usize>,
}

impl Film {
    fn watch(&mut self, terminal: &Terminal, span: Duration) {
        let begun = Instant::now();
        loop {
            self.take(&terminal.screen());
            let step = LOOK.min(span.saturating_sub(begun.elapsed()));
            if step.is_zero() {
                return;
            }
            thread::sleep(step);
            if let Some((_, on)) = self.frames.last_mut() {
                *on = (*on + step).min(LONGEST);
            }
        }
    }

    fn take(&mut self, screen: &vt100::Screen) {
        let rows: Vec<usize> = (0..SIZE.1).map(|row| self.row(drawn(screen, row))).collect();
        if self.frames.last().is_none_or(|(last, _)| *last != rows) {
            self.frames.push((rows, Duration::ZERO));
        }
    }

    fn row(&mut self, drawn: String) -> usize {
        *self.known.entry(drawn).or_insert_with_key(|drawn| {
            self.rows.push(drawn.clone());
            self.rows.len() - 1
        })
    }

    /// The frames below each other, of which one at a time is in the window.
    fn svg(&self) -> String {
        let (wide, high) = (u32::from(SIZE.0) * CELL.0 + 2 * MARGIN, u32::from(SIZE.1) * CELL.1 + 2 * MARGIN);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:space=\"preserve\" viewBox=\"0 0 {wide} {high}\" font-size=\"15\" \
             font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" fill=\"#d4d7dd\">\n<style>\n\
             text{{white-space:pre}}.b{{font-weight:bold}}.i{{font-style:italic}}.u{{text-decoration:underline}}\n"
        );
        let all: Duration = self.frames.iter().map(|(_, on)| *on).sum();
        if self.frames.len() > 1 {
            svg.push_str("@keyframes film{");
            let mut at = Duration::ZERO;
            for (number, (_, on)) in self.frames.iter().enumerate() {
                let part = 100.0 * at.as_secs_f64() / all.as_secs_f64();
                _ = write!(svg, "{part:.3}%{{transform:translateY(-{}px)}}", high as usize * number);
                at += *on;
            }
            _ = writeln!(svg, "}}\n.film{{animation:film {:.2}s step-end infinite}}", all.as_secs_f64());
        }
        svg.push_str("</style>\n<defs>\n");
        for (number, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
            _ = writeln!(svg, "<g id=\"r{number}\">{row}</g>");
        }
        _ = writeln!(
            svg,
            "</defs>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n<g class=\"film\">"
        );
        for (number, (rows, _)) in self.frames.iter().enumerate() {
            for (line, row) in rows.iter().enumerate().filter(|(_, row)| !self.rows[**row].is_empty()) {
                let y = MARGIN as usize + high as usize * number + CELL.1 as usize * line;
                _ = write!(svg, "<use href=\"#r{row}\" x=\"{MARGIN}\" y=\"{y}\"/>");
            }
            svg.push('\n');
        }
        svg.push_str("</g>\n</svg>\n");
        svg
    }
}

/// How a part of a row looks.
#[derive(PartialEq, Clone, Default)]
struct Look {
    ink: Option<String>,
    ground: Option<String>,
    bold: bool,
    italic: bool,
    underlined: bool,
}

/// One row, drawn at the top: parts that look alike together. Empty where nothing is.
fn drawn(screen: &vt100::Screen, row: u16) -> String {
    let mut parts: Vec<(u16, u16, String, Look)> = Vec::new();
    for column in 0..SIZE.0 {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let mut look = Look {
            ink: colour(cell.fgcolor()),
            ground: colour(cell.bgcolor()),
            bold: cell.bold(),
            italic: cell.italic(),
            underlined: cell.underline(),
        };
        if cell.inverse() {
            let (ink, ground) = (look.ink.take(), look.ground.take());
            look.ground = Some(ink.unwrap_or_else(|| "#d4d7dd".to_owned()));
            look.ink = Some(ground.unwrap_or_else(|| "#16181d".to_owned()));
        }
        if cell.dim() {
            look.ink = Some("#7d838f".to_owned());
        }
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let wide = 1 + u16::from(cell.is_wide());
        // What a font may draw wider or narrower stands with its like alone, so that nothing behind it moves.
        let goes_on =
            |written: &str| (written.is_ascii() && text.is_ascii()) || written.chars().all(|c| text.starts_with(c));
        match parts.last_mut() {
            Some((_, last, written, before)) if *before == look && goes_on(written) => {
                written.push_str(text);
                *last += wide;
            }
            _ => parts.push((column, wide, text.to_owned(), look)),
        }
    }
    let mut out = String::new();
    for (column, wide, text, look) in parts {
        let (x, width) = (u32::from(column) * CELL.0, u32::from(wide) * CELL.0);
        if let Some(ground) = &look.ground {
            _ = write!(out, "<rect x=\"{x}\" width=\"{width}\" height=\"{}\" fill=\"{ground}\"/>", CELL.1);
        }
        let words = text.trim_matches(' ');
        if words.is_empty() {
            continue;
        }
        let (before, around) = (text.len() - text.trim_start_matches(' ').len(), text.len() - words.len());
        let (x, width) = (x + before as u32 * CELL.0, width - around as u32 * CELL.0);
        _ = write!(out, "<text x=\"{x}\" y=\"14\" textLength=\"{width}\"");
        if let Some(ink) = &look.ink {
            _ = write!(out, " fill=\"{ink}\"");
        }
        let classes = [(look.bold, "b"), (look.italic, "i"), (look.underlined, "u")];
        let classes: Vec<&str> = classes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, class)| class).collect();
        if !classes.is_empty() {
            _ = write!(out, " class=\"{}\"", classes.join(" "));
        }
        let text = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        _ = write!(out, ">{text}</text>");
    }
    out
}

/// A colour as SVG writes it; none for that of the terminal.
fn colour(colour: vt100::Color) -> Option<String> {
    const SIXTEEN: [&str; 16] = [
        "#3b3f4a", "#e05561", "#8cc265", "#d18f52", "#4aa5f0", "#c162de", "#42b3c2", "#d7dae0", "#6b7280", "#ff616e",
        "#a5e075", "#f0a45d", "#4dc4ff", "#de73ff", "#4cd1e0", "#ffffff",
    ];
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(at @ 0..=15) => Some(SIXTEEN[usize::from(at)].to_owned()),
        vt100::Color::Idx(at @ 16..=231) => {
            let at = at - 16;
            let part = |value: u8| if value == 0 { 0 } else { 55 + 40 * value };
            Some(format!("#{:02x}{:02x}{:02x}", part(at / 36), part(at / 6 % 6), part(at % 6)))
        }
        vt100::Color::Idx(at) => {
            let grey = 8 + 10 * (at - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
        vt100::Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}
