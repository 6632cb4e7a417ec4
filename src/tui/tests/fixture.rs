//! An experiment made by hand, keys as text, and screens as text.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::experiment::{Goal, Parameter};
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::{
    AttemptView, Clock, Counts, Delivery, Edits, Eta, Header, HostView, MemoryView, Progress, QueueState, Request,
    ServerMessage, SimView, StageView, Status, Step, Wait, Why,
};
use crate::text::{Safe, log_line};
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::reading::{
    FileEntry, FileState, FilesReading, FoundReading, InfoReading, LogLine, LogReading, OutputFile, Reading, Record,
    SearchRequest, Seek, Sought,
};
use crate::tui::theme::{Colours, Theme};
use crate::tui::update::update;
use crate::tui::update::{Command, Message};
use crate::tui::view;

pub(super) const OUTDIR: &str = "/runs/l2-sweep";

/// A dashboard under test.
pub(super) struct Dash {
    pub(super) model: Model,
    pub(super) now_ms: u64,
    /// Everything that `update` asked for since the start.
    pub(super) commands: Vec<Command>,
}

impl Dash {
    /// An empty dashboard of a size.
    pub(super) fn new(width: u16, height: u16) -> Self {
        let theme = Theme { colours: Colours::Dark, unicode: true };
        let mut model = Model::new(theme, width, height);
        model.mouse.is_on = true;
        Self { model, now_ms: 0, commands: Vec::new() }
    }

    /// A dashboard that shows a sweep in the middle of its life, with the first simulation selected.
    pub(super) fn running(width: u16, height: u16) -> Self {
        let mut dash = Self::new(width, height);
        dash.header(|_| {});
        dash.sims(sweep());
        dash.read_log(LOG);
        dash.read_stats();
        dash
    }

    pub(super) fn send(&mut self, message: Message) {
        self.commands.extend(update(&mut self.model, message, self.now_ms));
    }

    /// Presses keys: `jjp`, `<enter>`, `<C-d>`, `<esc>`, `<space>`.
    pub(super) fn keys(&mut self, keys: &str) -> &mut Self {
        for event in events(keys) {
            self.send(Message::Key(event));
        }
        self
    }

    pub(super) fn header(&mut self, change: impl FnOnce(&mut Header)) {
        let mut header = header();
        change(&mut header);
        self.send(Message::Server(ServerMessage::Header { header: Box::new(header) }));
    }

    pub(super) fn sims(&mut self, sims: Vec<SimView>) {
        self.send(Message::Server(ServerMessage::Sims { sims, complete: true }));
    }

    pub(super) fn sim(&mut self, id: u32, change: impl FnOnce(&mut SimView)) {
        let mut view = self.model.list.rows()[&id].view.clone();
        change(&mut view);
        self.sims(vec![view]);
    }

    /// Answers what the dashboard wants to read with this log.
    pub(super) fn read_log(&mut self, text: &str) {
        if let Some(reading) = self.log(text) {
            self.send(Message::Read(Reading::Log(reading)));
        }
    }

    /// A reading of the log that the dashboard wants to read.
    pub(super) fn log(&self, text: &str) -> Option<LogReading> {
        let log = self.model.want.log.clone()?;
        let mut offset = 0;
        let lines: Vec<LogLine> = text
            .split_inclusive('\n')
            .map(|line| {
                let shown = LogLine {
                    offset,
                    line: log_line(line.as_bytes()),
                    continues: false,
                    left_out: 0,
                    number: None,
                    fold: None,
                };
                offset += line.len() as u64;
                shown
            })
            .collect();
        Some(LogReading {
            path: log.path,
            state: FileState::Present,
            counted: lines.len() as u64,
            lines,
            filter: None,
            from_start: true,
            to_end: true,
            number: Some(1),
            bytes: offset,
            all_counted: true,
            event: None,
            outputs: Arc::new(outputs()),
        })
    }

    /// The search that the dashboard wants to be made, and its number.
    pub(super) fn searched(&self) -> (u64, SearchRequest) {
        match self.model.want.log.clone().and_then(|log| log.seek) {
            Some(Seek { id, sought: Sought::Match(search) }) => (id, search),
            seek => panic!("it searches for nothing: {seek:?}"),
        }
    }

    /// Says what became of a line that was looked for, of which nothing is read yet.
    pub(super) fn found(&mut self, id: u64, line: Option<u64>) {
        self.send(Message::Read(Reading::Found(FoundReading { id, line, wrapped: false, around: None })));
    }

    pub(super) fn read_files(&mut self) {
        let Some(attempt) = self.model.want.attempt.clone() else { return };
        let file = |path: &str, bytes: u64| FileEntry {
            path: PathBuf::from(path),
            name: Safe::line(path),
            bytes,
            modified_unix_ms: Some(0),
            modified: Safe::line("2026-11-22 18:48:13"),
        };
        let files = vec![
            file("m5out/config.ini", 21_334),
            file("m5out/config.json", 60_112),
            file("m5out/cpt.10000000/m5.cpt", 4_812),
            file("m5out/simerr.txt", 0),
            file("m5out/simout.txt", 84_120),
            file("m5out/stats.txt", 1_260_112),
            file("spec.json", 912),
            file("started.json", 301),
        ];
        self.send(Message::Read(Reading::Files(FilesReading {
            attempt,
            state: FileState::Present,
            files,
            more: false,
        })));
    }

    pub(super) fn read_info(&mut self) {
        let Some(attempt) = self.model.want.attempt.clone() else { return };
        let spec = serde_json::json!({
            "format": 1, "simulation": "chase-l2_1MiB", "attempt": 2,
            "argv": ["/opt/gem5/build/X86/gem5.opt", "--outdir=/runs/l2-sweep/chase-l2_1MiB/attempt-2/m5out",
                "/home/ada/cache_sweep.py", "--workload=chase", "--l2=1MiB", "--note=two words"],
            "cwd": "/home/ada", "env": {"OMP_NUM_THREADS": "1", "DISPLAY": null}, "call": null,
            "parameters": [["workload", "chase"], ["l2", "1MiB"]], "spec_hash": "0", "executable": null,
            "gem5_tui": "0.1.0", "at": {"unix_ms": 0, "boot_ms": 0},
        });
        self.send(Message::Read(Reading::Info(Box::new(InfoReading {
            attempt,
            spec: Record::Present(Box::new(serde_json::from_value(spec).unwrap())),
            started: Record::Absent,
            exit: Record::Absent,
            submitting: Record::Absent,
            submitted: Record::Absent,
            job_end: Record::Absent,
            result: Record::Absent,
        }))));
    }

    /// The requests that were sent, oldest first.
    pub(super) fn requests<'a>(&'a self) -> Vec<&'a Request> {
        let request = |command: &'a Command| match command {
            Command::Send(message) => Some(&message.request),
            _ => None,
        };
        self.commands.iter().filter_map(request).collect()
    }

    /// The reason for leaving, if it was asked to.
    pub(super) fn left(&self) -> Option<crate::tui::update::Leave> {
        self.commands.iter().find_map(|command| match command {
            Command::Quit(leave) => Some(*leave),
            _ => None,
        })
    }

    pub(super) fn draw(&self) -> Buffer {
        self.frame().0
    }

    /// What is seen, and what stands where on it.
    pub(super) fn frame(&self) -> (Buffer, Spots) {
        let mut buf = Buffer::empty(Rect::new(0, 0, self.model.width, self.model.height));
        let spots = view::draw(&self.model, &mut buf).spots;
        (buf, spots)
    }

    /// Does something with the mouse, on what is seen.
    pub(super) fn mouse(&mut self, kind: MouseEventKind, x: u16, y: u16) -> &mut Self {
        let (_, spots) = self.frame();
        self.mouse_on(&spots, kind, x, y)
    }

    /// The same on what was seen before.
    pub(super) fn mouse_on(&mut self, spots: &Spots, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        if let Some(pointed) = spots.point(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }) {
            self.send(Message::Mouse(pointed));
        }
        self
    }

    /// Presses the left button at a place, and lets it go there.
    pub(super) fn click(&mut self, at: Position) -> &mut Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), at.x, at.y);
        self.mouse(MouseEventKind::Up(MouseButton::Left), at.x, at.y)
    }

    /// Where something is seen.
    pub(super) fn place(&self, spot: &Spot) -> Position {
        let (_, spots) = self.frame();
        let mut seen = spots.all().iter().filter(|(_, other)| other == spot).flat_map(|(area, _)| area.positions());
        seen.find(|at| spots.at(*at) == Some(spot)).unwrap_or_else(|| panic!("{spot:?} is not on\n{}", self.text()))
    }

    /// Clicks on what is seen, after a while.
    pub(super) fn click_on(&mut self, spot: &Spot) -> &mut Self {
        self.now_ms += 1_000;
        let at = self.place(spot);
        self.click(at)
    }

    /// The screen as text, without spaces at the ends of lines.
    pub(super) fn text(&self) -> String {
        let buf = self.draw();
        let mut text = String::new();
        for y in 0..buf.area.height {
            let line: String = (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The name under the cursor of the list.
    pub(super) fn selected(&self) -> &str {
        self.model.selected().map_or("", |row| row.name.as_str())
    }
}

pub(super) fn events(keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let plain = KeyModifiers::NONE;
        let (code, modifiers) = if let Some((name, after)) = named {
            rest = after;
            match name {
                "enter" => (KeyCode::Enter, plain),
                "esc" => (KeyCode::Esc, plain),
                "tab" => (KeyCode::Tab, plain),
                "lt" => (KeyCode::Char('<'), plain),
                "S-tab" => (KeyCode::BackTab, KeyModifiers::SHIFT),
                "space" => (KeyCode::Char(' '), plain),
                "bs" => (KeyCode::Backspace, plain),
                "up" => (KeyCode::Up, plain),
                "down" => (KeyCode::Down, plain),
                "left" => (KeyCode::Left, plain),
                "right" => (KeyCode::Right, plain),
                "pgup" => (KeyCode::PageUp, plain),
                "pgdn" => (KeyCode::PageDown, plain),
                other => {
                    let c = other.strip_prefix("C-").and_then(|c| c.chars().next()).expect("a known key");
                    (KeyCode::Char(c), KeyModifiers::CONTROL)
                }
            }
        } else {
            rest = &rest[c.len_utf8()..];
            (KeyCode::Char(c), plain)
        };
        events.push(KeyEvent::new(code, modifiers));
    }
    events
}

pub(super) const LOG: &str = "\
gem5 Simulator System.  https://www.gem5.org
gem5 is copyrighted software; use the --copyright option for details.

gem5 version 24.0.0.1
gem5 compiled Nov 22 2026 18:33:59
gem5 started Nov 22 2026 18:48:13
gem5 executing on simhost, pid 13395
command line: /opt/gem5/build/X86/gem5.opt --outdir=/runs/l2-sweep/chase-l2_1MiB/attempt-2/m5out --listener-mode=off /home/ada/cache_sweep.py --workload=chase --l2=1MiB

Global frequency set at 1000000000000 ticks per second
src/mem/dram_interface.cc:690: warn: DRAM device capacity (8192 Mbytes) does not match the address range assigned (512 Mbytes)
src/base/remote_gdb.cc:418: warn: Sockets disabled, not accepting gdb connections
Beginning simulation!
src/sim/simulate.cc:199: info: Entering event queue @ 0.  Starting simulation...
phase 0 @ 1000000000 simulate() limit reached
phase 1 @ 2000000000 simulate() limit reached
phase 2 @ 3000000000 simulate() limit reached
phase 3 @ 4000000000 simulate() limit reached
phase 4 @ 5000000000 simulate() limit reached
phase 5 @ 6000000000 simulate() limit reached
";

pub(in crate::tui) fn header() -> Header {
    let mut counts = Counts::default();
    for sim in sweep() {
        counts.add(&sim.status);
    }
    Header {
        name: "l2-sweep".to_owned(),
        source: PathBuf::from("/home/ada/l2-sweep.yaml"),
        outdir: PathBuf::from(OUTDIR),
        stand_in: false,
        watch: vec!["simTicks".to_owned(), "*.ipc".to_owned(), "*.l2.overallMissRate::total".to_owned()],
        counts,
        cap: 4,
        memory: Some(MemoryView { used: 20 << 30, seen: 11 << 30, budget: 48 << 30 }),
        queue: QueueState::Open,
        alike: None,
        elapsed: Clock { ms: 4_351_000, ticking: true },
        sweep: None,
        eta: Some(Eta { low_ms: 2_160_000, high_ms: 2_460_000 }),
        edits: Edits::default(),
        notice: None,
        allocation: None,
        later: 0,
        held: 0,
        shard: None,
    }
}

pub(super) fn attempt(name: &str, number: u32) -> AttemptView {
    AttemptView {
        number,
        dir: PathBuf::from(format!("{OUTDIR}/{name}/attempt-{number}")),
        outcome: None,
        started_unix_ms: Some(1_795_000_000_000),
        ran_ms: None,
        max_rss: None,
        pid: Some(13_395),
        job: None,
        host_time_tainted: false,
    }
}

pub(super) fn ended(mut attempt: AttemptView, kind: OutcomeKind, cause: &str, ran_ms: u64) -> AttemptView {
    attempt.outcome = Some(Outcome::new(kind, cause.to_owned()));
    attempt.ran_ms = Some(ran_ms);
    attempt.max_rss = Some(2_411_724_800);
    attempt.pid = None;
    attempt
}

/// An end of a kind.
pub(super) fn end(kind: OutcomeKind, cause: &str) -> Status {
    Status::Ended { outcome: Outcome::new(kind, cause.to_owned()) }
}

pub(super) fn sim(id: u32, name: &str, status: Status) -> SimView {
    SimView { values: vec![None; 3], ..SimView::new(id, name, status) }
}

/// Twelve simulations, one in nearly every state.
pub(super) fn sweep() -> Vec<SimView> {
    const GOAL: u64 = 10_000_000_000;
    let running = Status::Running { phase: Phase::Running };
    let at = |fraction: f64, eta_ms: Option<u64>| Progress {
        ticks: Some((GOAL as f64 * fraction) as u64),
        instructions: None,
        goal: Some(Goal::Ticks(GOAL)),
        fraction: Some(fraction),
        eta: eta_ms.map(|ms| Eta { low_ms: ms, high_ms: ms }),
        seconds: None,
        dumps: Some(7),
    };
    let panic = "src/arch/x86/faults.cc:166: panic: Tried to read unmapped address 0x8";
    let mut sims = Vec::new();
    for (id, (workload, l2)) in ["stream", "chase"]
        .iter()
        .flat_map(|workload| ["256KiB", "512KiB", "1MiB", "2MiB", "4MiB", "8MiB"].map(|l2| (*workload, l2)))
        .enumerate()
    {
        let name = format!("{workload}-l2_{l2}");
        let mut view = sim(id as u32, &name, Status::Queued);
        view.parameters = vec![Parameter::text("workload", workload), Parameter::text("l2", l2)];
        view.why = Why::Place { wait: Wait::Cap };
        view.attempts = vec![attempt(&name, 1)];
        view.elapsed = Clock { ms: 752_000, ticking: true };
        match id {
            0 => {
                view.status = end(OutcomeKind::Ok, "exiting with last active thread context");
                view.why = Why::Nothing;
                view.values = vec![Some(1e10), Some(1.1042), Some(0.0813)];
                view.attempts = vec![ended(
                    attempt(&name, 1),
                    OutcomeKind::Ok,
                    "exiting with last active thread context",
                    1_391_000,
                )];
                view.elapsed = Clock { ms: 1_391_000, ticking: false };
            }
            1 => {
                view.status = end(OutcomeKind::Ok, "exiting with last active thread context");
                view.why = Why::Nothing;
                view.values = vec![Some(1e10), Some(1.1387), Some(0.0622)];
                view.attempts = vec![ended(
                    attempt(&name, 1),
                    OutcomeKind::Ok,
                    "exiting with last active thread context",
                    1_402_000,
                )];
                view.elapsed = Clock { ms: 1_402_000, ticking: false };
            }
            2 => {
                view.status = running.clone();
                view.why = Why::Nothing;
                view.progress = at(0.89, Some(130_000));
                view.values = vec![Some(1e9), Some(1.2015), Some(0.0417)];
            }
            3 => {
                view.status = end(OutcomeKind::Panic, panic);
                view.why = Why::Nothing;
                view.attempts = (1..=3).map(|n| ended(attempt(&name, n), OutcomeKind::Panic, panic, 61_000)).collect();
                view.elapsed = Clock { ms: 61_000, ticking: false };
            }
            4 => {
                view.status = Status::Running { phase: Phase::Building };
                view.in_phase = Some(Clock { ms: 4_000, ticking: true });
                view.why = Why::Nothing;
                view.elapsed = Clock { ms: 9_000, ticking: true };
            }
            5 => {
                view.status = Status::Stopping {
                    stage: StageView { signal: Step::Interrupt, delivery: Delivery::Sent, left_ms: Some(52_000) },
                };
                view.why = Why::Nothing;
                view.progress = at(0.12, None);
            }
            6 => {
                view.status = Status::Paused;
                view.why = Why::Paused;
                view.progress = at(0.41, None);
                view.values = vec![Some(1e9), Some(0.79), Some(0.055)];
                view.elapsed = Clock { ms: 512_000, ticking: false };
            }
            7 => {
                view.status = Status::Backoff { left_ms: 24_000 };
                view.why =
                    Why::TriedAgain { outcome: OutcomeKind::Segv, left_ms: 24_000, memory: None, limit_ms: None };
                view.attempts = vec![ended(attempt(&name, 1), OutcomeKind::Segv, "SIGSEGV", 31_000)];
                view.elapsed = Clock { ms: 31_000, ticking: false };
            }
            8 => {
                view.status = running.clone();
                view.why = Why::Nothing;
                view.progress = at(0.61, None);
                view.progress.eta = Some(Eta { low_ms: 485_000, high_ms: 655_000 });
                view.progress.seconds = Some(0.0061);
                view.in_phase = Some(Clock { ms: 741_000, ticking: true });
                view.checkpoints = vec![Some(1_000_000_000), Some(4_000_000_000)];
                view.memory = Some(2 << 30);
                view.host = Some(HostView {
                    cores: Some(0.98),
                    cpu_ms: 738_000,
                    rss: 1_288_490_188,
                    peak_rss: 1_503_238_553,
                    tick_rate: Some(8_100_000.0),
                    speed: Some(8.1e-6),
                    output: None,
                });
                view.values = vec![Some(1e9), Some(0.8213), Some(0.031)];
                view.attempts = vec![ended(attempt(&name, 1), OutcomeKind::Segv, "SIGSEGV", 44_000), attempt(&name, 2)];
            }
            11 => {
                view.status = Status::Blocked;
                view.why = Why::Needs { name: "boot".to_owned() };
                view.attempts.clear();
                view.elapsed = Clock::default();
            }
            _ => {
                view.attempts.clear();
                view.elapsed = Clock::default();
            }
        }
        sims.push(view);
    }
    sims
}

/// What an attempt has written.
fn outputs() -> Vec<OutputFile> {
    let file = |name: &str, bytes: Option<u64>, is_log| OutputFile {
        path: PathBuf::from(format!("m5out/{name}")),
        name: Safe::line(name),
        bytes,
        modified: Safe::line(if bytes.is_some() { "2026-11-22 18:48:13" } else { "" }),
        is_log,
    };
    vec![
        file("simout.txt", Some(84_120), true),
        file("simerr.txt", None, true),
        file("system.terminal", Some(4_812), true),
        file("config.ini", Some(21_334), false),
        file("stats.txt", Some(1_260_112), false),
    ]
}
