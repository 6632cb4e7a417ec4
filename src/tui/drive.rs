//! The loop: sources become messages, commands are performed, and a frame is drawn when something changed.
//!
//! Everything that has come is taken before one frame is drawn, so a storm of messages costs one frame, and `pace` keeps
//! frames apart. When nothing changes nothing is drawn and nothing wakes up.

mod alarm;
mod editor;
mod ground;
mod keys;
mod pace;
mod pipe;
mod report;

use std::io;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::Event;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

pub(crate) use self::editor::external_program;

use self::alarm::Alarm;
use self::ground::{Ground, Heard};
use self::keys::Keys;
use self::report::Report;
use super::actions::Keymap;
use super::model::{BeginChoice, LinkState, Model, Mouse, Overlay};
use super::notifications::Notifications;
use super::reader::Reader;
use super::reading::Reading;
use super::terminal::Screen;
use super::theme::Theme;
use super::update::{Command, Leave, Message, update};
use super::watchdog::Watchdog;
use super::{Checking, Connecting, Engines, Error, Link, Options};
use crate::protocol::{ClientMessage, Request};
use crate::text::{Safe, safe_error};
use pace::Pace;

/// Clocks on the screen show seconds.
const SECOND: Duration = Duration::from_secs(1);
/// A disk that has not answered for so long is told about.
const STALLED: Duration = Duration::from_secs(3);
/// So many messages are taken before a frame is due, so that a flood cannot keep the screen from moving.
const BATCH: usize = 512;
/// Readings that wait to be drawn. The reader waits when there are more.
const READINGS: usize = 16;

/// What the dashboard looks like, and how it is asked.
#[derive(Debug)]
pub(super) struct Look {
    /// Colours and glyphs.
    pub(super) theme: Theme,
    /// Whether the terminal must be asked for its ground.
    pub(super) asks_ground: bool,
    /// The keys.
    pub(super) keymap: Keymap,
    /// Whether the mouse does something.
    pub(super) mouse: bool,
    /// How somebody is told who does not look.
    pub(super) notifications: Notifications,
}

/// The dashboard with all its sources.
pub(super) struct Drive {
    screen: Screen,
    model: Model,
    link: Link,
    link_open: bool,
    engines: Engines,
    connecting: Option<Connecting>,
    checking: Option<Checking>,
    reader: Reader,
    readings: mpsc::Receiver<Reading>,
    keys: Option<Keys>,
    ground: Ground,
    report: Report,
    signals: Signals,
    watchdog: Watchdog,
    started: Instant,
    pace: Pace,
    last_tick: Instant,
    alarm: Alarm,
}

#[derive(Debug)]
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
    suspend: Signal,
    resume: Signal,
}

/// What one wait brought.
enum Woken {
    Message(Message),
    Key(io::Result<Event>),
    Leave(Leave),
    Connected(Result<Link, Safe>),
    Checked(Result<Vec<String>, Safe>),
    Compared(Option<Safe>),
    Suspend,
    Redraw,
    Time,
}

impl Drive {
    /// Takes the terminal and starts the threads.
    pub(super) fn new(link: Link, engines: Engines, look: Look) -> Result<Self, Error> {
        let signal = |kind: SignalKind| signal(kind).map_err(Error::Start);
        let signals = Signals {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            suspend: signal(SignalKind::from_raw(nix::libc::SIGTSTP))?,
            resume: signal(SignalKind::from_raw(nix::libc::SIGCONT))?,
        };
        let (sender, readings) = mpsc::channel(READINGS);
        let reader = Reader::start(sender, engines.read_sheet.clone()).map_err(Error::Start)?;
        let watchdog = Watchdog::start().map_err(Error::Start)?;
        let screen = Screen::take(look.mouse, look.notifications.title).map_err(Error::Terminal)?;
        let ground = if look.asks_ground {
            Screen::ask(ground::QUESTION).map_err(Error::Terminal)?;
            Ground::asked()
        } else {
            Ground::default()
        };
        let (width, height) = Screen::size().map_err(Error::Terminal)?;
        let mouse = Mouse { is_on: look.mouse, ..Mouse::default() };
        let (keymap, notifications) = (look.keymap, look.notifications);
        let model = Model { keymap, mouse, notifications, ..Model::new(look.theme, width, height) };
        let now = Instant::now();
        Ok(Self {
            screen,
            model,
            link,
            link_open: true,
            engines,
            connecting: None,
            checking: None,
            reader,
            readings,
            keys: Some(Keys::new().map_err(Error::Terminal)?),
            ground,
            report: Report::default(),
            signals,
            watchdog,
            started: now,
            pace: Pace::new(now),
            last_tick: now,
            alarm: Alarm::new().map_err(Error::Start)?,
        })
    }

    /// Shows the dashboard until it is left.
    pub(super) async fn run(mut self, options: Options) -> Result<Leave, Error> {
        self.model.only_looks = options.only_looks;
        if options.asks {
            self.model.overlay = Some(Overlay::Begin { choice: BeginChoice::Start });
        }
        if let Some(text) = options.notice {
            self.update(Message::Tell { text, bad: true }).await?;
        }
        // The channel is new, so there is room; if the engine is gone already, `incoming` will say so.
        _ = self.link.outgoing.try_send(ClientMessage { id: 0, request: Request::Subscribe });
        loop {
            self.look_for_stall().await?;
            self.draw_if_due()?;
            if let Some(leave) = self.step().await? {
                return Ok(leave);
            }
        }
    }

    /// Waits for something, and takes everything else that has come too.
    async fn step(&mut self) -> Result<Option<Leave>, Error> {
        let mut woken = Some(self.wait().await);
        for _ in 0..BATCH {
            let Some(one) = woken.take() else { break };
            if let Some(leave) = self.take(one).await? {
                return Ok(Some(leave));
            }
            woken = self.come_already();
        }
        Ok(None)
    }

    async fn wait(&mut self) -> Woken {
        let deadline = self.deadline();
        let keys = async {
            match &mut self.keys {
                Some(keys) => keys.next().await,
                None => std::future::pending().await,
            }
        };
        let time = async {
            match deadline {
                Some(at) => self.alarm.wait_until(at).await,
                None => std::future::pending().await,
            }
        };
        let connected = async {
            match &mut self.connecting {
                Some(connecting) => connecting.await,
                None => std::future::pending().await,
            }
        };
        let checked = async {
            match &mut self.checking {
                Some(checking) => checking.await,
                None => std::future::pending().await,
            }
        };
        // Nobody waits for the list because of what is told beside it.
        let compared = async {
            match &mut self.engines.compare {
                Some(comparing) if self.model.link == LinkState::Live => comparing.await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.watchdog.lost.notified() => Woken::Leave(Leave::TerminalLost),
            _ = self.signals.hang_up.recv() => Woken::Leave(Leave::TerminalLost),
            _ = self.signals.terminate.recv() => Woken::Leave(Leave::Terminated),
            _ = self.signals.interrupt.recv() => Woken::Message(Message::Interrupt),
            _ = self.signals.suspend.recv() => Woken::Suspend,
            _ = self.signals.resume.recv() => Woken::Redraw,
            event = keys => Woken::Key(event),
            message = self.link.incoming.recv(), if self.link_open => match message {
                Some(message) => Woken::Message(Message::Server(message)),
                None => Woken::Message(closed(&self.link)),
            },
            connected = connected => Woken::Connected(connected),
            checked = checked => Woken::Checked(checked),
            compared = compared => Woken::Compared(compared),
            Some(reading) = self.readings.recv() => Woken::Message(Message::Read(reading)),
            () = time => Woken::Time,
        }
    }

    /// Something that has come already, if anything has.
    fn come_already(&mut self) -> Option<Woken> {
        if let Some(event) = self.keys.as_ref().and_then(|keys| keys.come_already().transpose()) {
            return Some(Woken::Key(event));
        }
        if self.link_open {
            match self.link.incoming.try_recv() {
                Ok(message) => return Some(Woken::Message(Message::Server(message))),
                Err(mpsc::error::TryRecvError::Disconnected) => return Some(Woken::Message(closed(&self.link))),
                Err(mpsc::error::TryRecvError::Empty) => {}
            }
        }
        self.readings.try_recv().ok().map(|reading| Woken::Message(Message::Read(reading)))
    }

    async fn take(&mut self, woken: Woken) -> Result<Option<Leave>, Error> {
        match woken {
            Woken::Message(message) => return self.update(message).await,
            Woken::Key(Ok(event)) => {
                match self.ground.hear(&event) {
                    Heard::Event => {}
                    Heard::Part | Heard::Light(None) => return Ok(None),
                    Heard::Light(Some(light)) => return self.update(Message::Ground { light }).await,
                }
                if self.report.takes(&event, Instant::now()) {
                    return Ok(None);
                }
                let message = match event {
                    Event::Key(key) => Message::Key(key),
                    Event::Paste(text) => Message::Paste(text),
                    Event::Resize(width, height) => Message::Resize(width, height),
                    Event::Mouse(event) => match self.screen.spots().point(event) {
                        Some(pointed) => Message::Mouse(pointed),
                        None => return Ok(None),
                    },
                    Event::FocusGained | Event::FocusLost => return Ok(None),
                };
                self.pace.pressed();
                return self.update(message).await;
            }
            // Without a keyboard nobody can leave, so leave for them.
            Woken::Key(Err(_)) => return Ok(Some(Leave::TerminalLost)),
            Woken::Leave(leave) => return Ok(Some(leave)),
            Woken::Connected(connected) => {
                self.connecting = None;
                let message = match connected {
                    Ok(link) => {
                        (self.link, self.link_open) = (link, true);
                        Message::Reconnected
                    }
                    Err(why) => Message::NotReconnected(why),
                };
                return self.update(message).await;
            }
            Woken::Checked(checked) => {
                self.checking = None;
                return self.update(Message::FileChecked(checked)).await;
            }
            Woken::Compared(told) => {
                self.engines.compare = None;
                if let Some(text) = told {
                    return self.update(Message::Tell { text, bad: true }).await;
                }
            }
            Woken::Suspend => self.suspend()?,
            Woken::Redraw => self.redraw()?,
            Woken::Time => {
                if self.last_tick.elapsed() >= SECOND {
                    self.last_tick = Instant::now();
                    return self.update(Message::Tick).await;
                }
            }
        }
        Ok(None)
    }

    /// When to wake up without a message: for a frame that is held back, or for clocks on the screen.
    fn deadline(&self) -> Option<Instant> {
        let frame = self.model.dirty.then(|| self.pace.next());
        let tick = self.model.ticks().then(|| self.last_tick + SECOND);
        // Once it is told, the tick looks again.
        let stall = self.reader.owes_since().filter(|_| self.model.stalled_ms.is_none()).map(|since| since + STALLED);
        frame.into_iter().chain(tick).chain(stall).min()
    }

    /// Tells when the reader waits for a disk, and when it has its answer.
    async fn look_for_stall(&mut self) -> Result<(), Error> {
        let since = self.reader.owes_since().filter(|since| since.elapsed() >= STALLED);
        let since_ms = since.map(|since| since.saturating_duration_since(self.started).as_millis() as u64);
        if since_ms != self.model.stalled_ms {
            self.update(Message::Stalled(since_ms)).await?;
        }
        Ok(())
    }

    fn draw_if_due(&mut self) -> Result<(), Error> {
        if self.model.dirty && Instant::now() >= self.pace.next() {
            self.screen.draw(&self.model).map_err(Error::Terminal)?;
            self.model.dirty = false;
            self.pace.drawn(Instant::now());
        }
        Ok(())
    }

    async fn update(&mut self, message: Message) -> Result<Option<Leave>, Error> {
        if matches!(message, Message::LinkClosed | Message::LinkBroken(_)) {
            self.link_open = false;
        }
        let now = self.now();
        let mut commands = update(&mut self.model, message, now);
        while !commands.is_empty() {
            let mut more = Vec::new();
            for command in commands {
                match command {
                    Command::Quit(leave) => return Ok(Some(leave)),
                    command => more.extend(self.perform(command).await?),
                }
            }
            commands = more;
        }
        Ok(None)
    }

    /// Milliseconds since the dashboard was opened.
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Performs one command, and returns those that follow from it.
    async fn perform(&mut self, command: Command) -> Result<Vec<Command>, Error> {
        match command {
            Command::Send(message) => {
                // A closed channel is reported by `incoming` too.
                if let Err(mpsc::error::TrySendError::Full(message)) = self.link.outgoing.try_send(message) {
                    let now = self.now();
                    return Ok(update(&mut self.model, Message::NotAsked(message.id), now));
                }
            }
            Command::Read(want) => self.reader.want(*want),
            Command::Keep(keep) => self.reader.keep(keep),
            Command::SaveLog { log, to } => self.reader.save_log(log, &to),
            Command::PipeLog { log, argv } => return self.pipe(log, &argv).await,
            Command::Copy(text) => Screen::copy(&text).map_err(Error::Terminal)?,
            Command::CopyTable(document) => Screen::copy_table(&document).map_err(Error::Terminal)?,
            Command::OpenExternal { path, line } => return self.open_external(&path, line).await,
            Command::Reconnect => self.connecting = Some((self.engines.connect)()),
            Command::CheckFile => self.checking = Some((self.engines.check_file)()),
            Command::Mouse(is_wanted) => self.screen.tell_mouse(is_wanted).map_err(Error::Terminal)?,
            Command::Call { by, text } => Screen::call(&by, &text).map_err(Error::Terminal)?,
            Command::Suspend => self.suspend()?,
            Command::Redraw => self.redraw()?,
            // The caller has taken it.
            Command::Quit(_) => {}
        }
        Ok(Vec::new())
    }

    fn tell(&mut self, text: &str) -> Vec<Command> {
        let now = self.now();
        update(&mut self.model, Message::Tell { text: Safe::line(text), bad: true }, now)
    }

    /// Gives the terminal back and stops, as any program does on Ctrl-Z; goes on when the shell says so.
    fn suspend(&mut self) -> Result<(), Error> {
        self.keys = None;
        self.screen.leave();
        // SIGSTOP cannot be caught, so this returns after SIGCONT.
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP).map_err(|errno| Error::Terminal(errno.into()))?;
        self.resume()
    }

    fn resume(&mut self) -> Result<(), Error> {
        self.screen.enter().map_err(Error::Terminal)?;
        self.keys = Some(Keys::new().map_err(Error::Terminal)?);
        self.redraw()
    }

    fn redraw(&mut self) -> Result<(), Error> {
        self.screen.forget().map_err(Error::Terminal)?;
        (self.model.width, self.model.height) = Screen::size().map_err(Error::Terminal)?;
        self.model.dirty = true;
        Ok(())
    }
}

/// What the end of the connection means.
fn closed(link: &Link) -> Message {
    link.failure().map_or(Message::LinkClosed, |why| Message::LinkBroken(safe_error(&why)))
}
