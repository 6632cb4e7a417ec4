//! The thread of the Results tab: it reads what simulations measured, keeps it, and makes the table that is wanted.
//!
//! It is a thread of its own, so that a sweep of ten thousand delays no log and no key. What was read is kept for as long as its
//! attempt is the newest one and its file is the same; another metric of the file, another layout or another baseline read nothing.
//! A table is answered after each batch, so that it fills while it is read.
//!
//! The awkward truth: a batch is a few simulations, however large their files are, and a new wish waits for it.

pub(in crate::tui) mod answer;
mod facts;
pub(in crate::tui) mod figure;
mod keep;
mod seen;
mod sheets;
mod sweep;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender as Readings;

use super::{Closed, send};
use crate::experiment::results::ResultsRule;
use crate::protocol::SimView;
use crate::report::Question;
use crate::text::Safe;
use crate::tui::reading::{FigureReading, Keep, ReadSheet, Reading, Refusal, ResultsReading, ResultsWant, Sheet};
use sheets::{EDITED, Sheets};
use sweep::{Step, Sweep};

/// Tables of a sweep that is being read are this far apart.
const FILLS: Duration = Duration::from_millis(250);

/// The thread's other end. The thread ends when this is dropped.
#[derive(Debug)]
pub(in crate::tui) struct ResultsReader {
    orders: Sender<Order>,
}

enum Order {
    Want(Option<Box<ResultsWant>>),
    Keep(Box<Keep>),
}

impl ResultsReader {
    /// Starts the thread.
    pub(in crate::tui) fn start(readings: Readings<Reading>, sheets: ReadSheet) -> io::Result<Self> {
        let (orders, received) = channel();
        let worker = Worker::new(readings, sheets);
        std::thread::Builder::new().name("results-reader".to_owned()).spawn(move || worker.run(&received))?;
        Ok(Self { orders })
    }

    /// Says which table is wanted from now on.
    pub(in crate::tui) fn want(&self, want: Option<Box<ResultsWant>>) {
        _ = self.orders.send(Order::Want(want));
    }

    /// Has a file written.
    pub(in crate::tui) fn keep(&self, keep: Keep) {
        _ = self.orders.send(Order::Keep(Box::new(keep)));
    }
}

struct Worker {
    readings: Readings<Reading>,
    sheets: Sheets,
    sweep: Sweep,
    want: Option<ResultsWant>,
    /// There is something to answer.
    is_behind: bool,
    /// When that was done last; never for this wish.
    answered_at: Option<Instant>,
    answer_took: Duration,
}

impl Worker {
    fn new(readings: Readings<Reading>, sheets: ReadSheet) -> Self {
        Self {
            readings,
            sheets: Sheets::new(sheets),
            sweep: Sweep::default(),
            want: None,
            is_behind: false,
            answered_at: None,
            answer_took: Duration::ZERO,
        }
    }

    fn run(mut self, orders: &Receiver<Order>) {
        let mut has_more = false;
        loop {
            let patience = match (&self.want, has_more) {
                (Some(_), true) => Some(Duration::ZERO),
                (Some(_), false) => Some(EDITED),
                (None, _) => None,
            };
            let order = match patience {
                Some(Duration::ZERO) => match orders.try_recv() {
                    Ok(order) => Some(order),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                },
                Some(patience) => match orders.recv_timeout(patience) {
                    Ok(order) => Some(order),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
                None => match orders.recv() {
                    Ok(order) => Some(order),
                    Err(_) => return,
                },
            };
            let done = self.take(order, orders).and_then(|()| self.step());
            match done {
                Ok(more) => has_more = more,
                Err(Closed) => return,
            }
        }
    }

    /// Takes what has come. Of several wishes the last one counts; files are written in their order.
    fn take(&mut self, first: Option<Order>, orders: &Receiver<Order>) -> Result<(), Closed> {
        let mut newest = None;
        let mut next = first;
        while let Some(order) = next {
            match order {
                Order::Want(want) => newest = Some(want),
                Order::Keep(wanted) => {
                    // Choices for the list are no sheet.
                    let is_for_list = matches!(*wanted, Keep::Choices { .. } | Keep::Recall { .. });
                    if let Some(reading) = keep::keep(*wanted) {
                        send(&self.readings, reading)?;
                    }
                    if !is_for_list {
                        self.sheets.look_soon();
                    }
                }
            }
            next = orders.try_recv().ok();
        }
        match newest {
            Some(Some(want)) => self.change(*want),
            Some(None) => self.want = None,
            None => {}
        }
        Ok(())
    }

    fn change(&mut self, want: ResultsWant) {
        let opened = self.want.as_ref().map(|want| want.opened);
        if opened != Some(want.opened) {
            self.sheets.look_soon();
        }
        self.want = Some(want);
        // What is asked with a key is answered at once.
        self.answered_at = None;
        self.is_behind = true;
    }

    /// Reads a little and answers when there is something new. Whether there is more to read.
    fn step(&mut self) -> Result<bool, Closed> {
        let Some(want) = &self.want else { return Ok(false) };
        if self.sheets.look() {
            self.is_behind = true;
            if let Some(Ok(sheet)) = self.sheets.sheet() {
                self.sweep.lay_out(sheet);
            }
        }
        let question = match self.sheets.sheet() {
            Some(Ok(sheet)) => asked(&sheet.rule, want).map(|question| (sheet, question)),
            _ => None,
        };
        let Some((sheet, question)) = question else {
            self.answer_if(true)?;
            return Ok(false);
        };
        self.sweep.take_views(want.generation, &want.views);
        self.sweep.take_question(&question, sheet);
        let views = Arc::clone(&want.views);
        if self.answered_at.is_none() {
            // What is asked with a key is answered before more is read.
            self.answer_if(true)?;
        }
        self.read_on(&views, &question)
    }

    fn read_on(&mut self, views: &[SimView], question: &Question) -> Result<bool, Closed> {
        let Some(Ok(sheet)) = self.sheets.sheet() else { return Ok(false) };
        let Step { is_new, has_more } = self.sweep.read(sheet, views, question);
        self.is_behind |= is_new;
        // Most of the time is for reading, however long a table takes.
        let apart = FILLS.max(self.answer_took * 4);
        let is_due = self.answered_at.is_none_or(|at| at.elapsed() >= apart);
        self.answer_if(!has_more || is_due)?;
        Ok(has_more)
    }

    /// Answers what is wanted, if there is something new and it is time.
    fn answer_if(&mut self, is_time: bool) -> Result<(), Closed> {
        let (Some(want), Some(sheet), true) = (&self.want, self.sheets.sheet(), is_time && self.is_behind) else {
            return Ok(());
        };
        let begun = Instant::now();
        if let Some(name) = &want.figure {
            let reading = FigureReading {
                name: name.clone(),
                read: self.sweep.read_so_far(),
                total: self.sweep.points().len(),
                wrong: self.sheets.wrong(),
                plots: plots(sheet),
                made: match sheet {
                    Ok(sheet) => figure::make(&sheet.rule, want, name, self.sweep.points(), self.sweep.notes()),
                    Err(why) => Err(why.clone()),
                },
            };
            return self.answered(begun, Reading::Figure(Box::new(reading)));
        }
        let (shown, views, behind) = match sheet {
            Ok(sheet) => {
                let named = |name: &str| self.sweep.named(name, &want.views);
                let behind = want.behind.as_ref();
                (
                    answer::answer(&sheet.rule, want, self.sweep.points(), &self.sweep.notes()),
                    sheet.rule.views.iter().map(|view| view.name.clone()).collect(),
                    behind.map(|behind| (behind.clone(), facts::facts(&sheet.rule, want, behind, named))),
                )
            }
            Err(why) => (Err(Refusal::NoFile(why.clone())), Vec::new(), None),
        };
        let reading = ResultsReading {
            asked: want.asked.clone(),
            metric: want.metric.clone(),
            read: self.sweep.read_so_far(),
            total: self.sweep.points().len(),
            wrong: self.sheets.wrong(),
            views,
            of_file: self.sheets.of_file(),
            plots: plots(sheet),
            shown,
            behind,
        };
        self.answered(begun, Reading::Results(Box::new(reading)))
    }

    fn answered(&mut self, begun: Instant, reading: Reading) -> Result<(), Closed> {
        self.is_behind = false;
        self.answered_at = Some(Instant::now());
        self.answer_took = begun.elapsed();
        send(&self.readings, reading)
    }
}

/// The question of the table that is wanted, or of the figure in its place. None where there is none, which is told in its place.
fn asked(rule: &ResultsRule, want: &ResultsWant) -> Option<Question> {
    match &want.figure {
        Some(name) => figure::question(rule, want, name).ok(),
        None => answer::question(rule, want).ok(),
    }
}

fn plots(sheet: &Result<Sheet, Safe>) -> Vec<String> {
    let rules = sheet.as_ref().map_or(&[][..], |sheet| &sheet.rule.plots);
    rules.iter().map(|rule| rule.name.clone()).collect()
}
