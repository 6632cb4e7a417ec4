//! Why simulations failed, and which failed alike.

use std::path::PathBuf;

use super::fixture::{Dash, attempt, ended, sim, sweep};
use crate::experiment::Parameter;
use crate::gem5::{Outcome, OutcomeKind, failure_view};
use crate::protocol::{Alike, Request, ServerMessage, SimView, Status};
use crate::text::log_line;
use crate::tui::actions::Tab;
use crate::tui::model::{LogFileChoice, Overlay};
use crate::tui::reading::{FailureReading, LogLine, Reading, Top};
use crate::tui::update::Message;

pub(super) const PANIC: &str = "\
src/mem/dram_interface.cc:690: warn: DRAM device capacity (8192 Mbytes) does not match the address range assigned (512 Mbytes)
src/base/remote_gdb.cc:418: warn: Sockets disabled, not accepting gdb connections
src/sim/simulate.cc:199: info: Entering event queue @ 0.  Starting simulation...
src/sim/mem_state.cc:448: info: Increasing stack size by one page.
src/arch/x86/faults.cc:166: panic: Tried to read unmapped address 0x8.
PC: (0x401671=>0x401678).(0=>1), Instr:   MOV_R_M : ld   eax, DS:[t0 + t0 + 0x8]
Memory Usage: 630708 KBytes
Program aborted at tick 61683000
--- BEGIN LIBC BACKTRACE ---
/opt/gem5/build/X86/gem5.opt(_ZN4gem515print_backtraceEv+0x19)[0x558437b98c7e]
/opt/gem5/build/X86/gem5.opt(_ZN4gem512abortHandlerEi+0x54)[0x558437bb0c83]
/lib/x86_64-linux-gnu/libc.so.6(+0x3c050)[0x7f789025a050]
/lib/x86_64-linux-gnu/libc.so.6(abort+0xd3)[0x7f7890244472]
/opt/gem5/build/X86/gem5.opt(_ZN4gem56X86ISA9PageFault6invokeEPNS_13ThreadContextE+0x178)[0x55843740cbe0]
/opt/gem5/build/X86/gem5.opt(_ZN4gem510EventQueue10serviceOneEv+0x147)[0x558437ba904b]
--- END LIBC BACKTRACE ---
For more info on how to address this issue, please visit https://www.gem5.org/documentation/general_docs/common-errors/
";

impl Dash {
    /// Answers what the dashboard wants to know about a failure with this standard error.
    pub(super) fn read_failure(&mut self, text: &str) {
        let (Some(attempt), Some(outcome)) = (self.model.want.attempt.clone(), &self.model.want.failure) else {
            return;
        };
        let kind = outcome.kind;
        let mut offset = 0;
        let lines: Vec<LogLine> = text
            .split_inclusive('\n')
            .map(|line| {
                let shown = LogLine {
                    offset,
                    line: log_line(line.trim_end().as_bytes()),
                    continues: false,
                    left_out: 0,
                    number: None,
                    fold: None,
                };
                offset += line.len() as u64;
                shown
            })
            .collect();
        let plain: Vec<_> = lines.iter().map(|line| line.line.plain()).collect();
        let view = failure_view(&plain, kind);
        let found = view.is_some();
        let view = view.unwrap_or_default();
        let part = |range: std::ops::Range<usize>| lines[range].to_vec();
        self.send(Message::Read(Reading::Failure(FailureReading {
            attempt,
            kind,
            file: Some(PathBuf::from("m5out/simerr.txt")),
            found,
            before: if found { part(view.before) } else { lines.clone() },
            message: part(view.message),
            backtrace: part(view.backtrace),
            after: part(view.after),
        })));
    }
}

/// A sweep in which much has failed, for few reasons.
pub(super) fn failed(width: u16, height: u16) -> Dash {
    let mut dash = Dash::running(width, height);
    let mut sims = sweep();
    for id in 12..30_u32 {
        let (kind, cause) = match id % 3 {
            1 => (OutcomeKind::PythonError, format!("ValueError: {id} is no power of two")),
            _ => (OutcomeKind::Fatal, format!("Can't find a path from core {id} to memory")),
        };
        let name = format!("graph-{id}");
        let mut view = sim(id, &name, Status::Ended { outcome: Outcome::new(kind, cause.clone()) });
        view.parameters =
            vec![Parameter::text("workload", "graph"), Parameter::text("cores", (id % 3 == 1).to_string())];
        view.attempts = vec![ended(attempt(&name, 1), kind, &cause, 4_000)];
        sims.push(view);
    }
    dash.sims(sims);
    dash
}

#[test]
fn a_failed_simulation_shows_at_once_why() {
    let mut dash = Dash::running(120, 40);
    assert_eq!(dash.model.tab, Tab::Log);
    dash.keys("/panic<enter>");
    assert_eq!(
        (dash.model.tab, dash.model.want.failure.as_ref().map(|o| o.kind)),
        (Tab::Why, Some(OutcomeKind::Panic))
    );
    dash.read_failure(PANIC);
    let text = dash.text();
    for words in ["What was said", "6 frames from gem5::X86ISA::PageFault::invoke", "run it again, as attempt 4"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("serviceOne"), "the backtrace is folded at first");
    dash.keys("b");
    assert!(dash.text().contains("gem5::EventQueue::serviceOne"));
    dash.keys("<esc>/running<enter>");
    assert_eq!(dash.model.tab, Tab::Log, "what runs has not failed");
}

#[test]
fn the_tab_that_was_chosen_stays() {
    let mut dash = Dash::running(120, 40);
    dash.keys("2/panic<enter>");
    assert_eq!(dash.model.tab, Tab::Stats);
}

#[test]
fn nothing_moves_under_the_eyes_of_who_reads_a_log() {
    let mut dash = Dash::running(120, 40);
    dash.keys("<enter>");
    let id = dash.model.list.selected().unwrap();
    let fail = |view: &mut crate::protocol::SimView| {
        let last = view.attempts.pop().unwrap();
        view.attempts.push(ended(last, OutcomeKind::Panic, "x", 1));
        view.status = Status::Ended { outcome: Outcome::new(OutcomeKind::Panic, "x") };
    };
    dash.sim(id, fail);
    assert_eq!(dash.model.tab, Tab::Log);
    let mut dash = Dash::running(120, 40);
    dash.sim(id, fail);
    dash.keys("/panic<enter>");
    assert_eq!(dash.model.tab, Tab::Why);
}

#[test]
fn enter_goes_to_the_line_of_the_log() {
    let mut dash = Dash::running(120, 40);
    dash.keys("/panic<enter><enter>");
    dash.read_failure(PANIC);
    dash.keys("<enter>");
    assert_eq!((dash.model.tab, &dash.model.log.choice), (Tab::Log, &LogFileChoice::Simerr));
    let line = PANIC.find("src/arch").unwrap() as u64;
    assert_eq!(dash.model.log.top, Top::At { offset: line, row: 0 });
    dash.read_log(PANIC);
    assert_eq!(dash.model.log.pointed, Some(line));
    assert!(dash.text().contains("Tried to read unmapped address"));
}

#[test]
fn who_was_killed_shows_the_last_lines() {
    let mut dash = Dash::running(120, 40);
    dash.sim(3, |view| {
        view.attempts = vec![ended(attempt("stream-l2_2MiB", 1), OutcomeKind::Killed, "SIGKILL", 1)];
        view.status = Status::Ended { outcome: Outcome::new(OutcomeKind::Killed, "SIGKILL") };
    });
    dash.keys("/killed<enter>");
    dash.read_failure("one\ntwo\n");
    let text = dash.text();
    assert!(text.contains("The end of simerr.txt") && text.contains("two"), "{text}");
    dash.keys("b");
    assert!(dash.text().contains("there is no backtrace"));
}

#[test]
fn a_backtrace_is_asked_for_from_any_tab_and_shown_as_soon_as_it_is_read() {
    // The narrow screen has room for one pane.
    for width in [120, 40] {
        for tab in ["1", "2", "3", "4"] {
            let mut dash = Dash::running(width, 40);
            dash.keys("/panic<enter>").keys(tab);
            assert!(dash.model.why.reading.is_none());
            dash.keys("b");
            assert_eq!((dash.model.tab, dash.model.why.unfolded), (Tab::Why, true));
            dash.read_failure(PANIC);
            assert!(dash.text().contains("serviceOne"), "{}", dash.text());
            assert!(dash.model.toast.is_none());
            dash.keys(tab).keys("b");
            assert_eq!((dash.model.tab, dash.model.why.unfolded), (Tab::Why, true), "it was not in view");
            dash.keys("b");
            assert!(!dash.model.why.unfolded);
        }
    }
}

#[test]
fn a_backtrace_that_is_not_there_is_told_at_once_or_when_that_is_known() {
    let is_told = |dash: &Dash| dash.model.toast.as_ref().is_some_and(|toast| toast.bad);
    let mut dash = Dash::running(120, 40);
    dash.keys("b");
    assert!(is_told(&dash) && dash.model.tab == Tab::Log, "what runs has none");
    let mut dash = Dash::running(120, 40);
    dash.keys("/panic<enter>1b");
    assert!(!is_told(&dash));
    dash.read_failure("one\ntwo\n");
    assert!(is_told(&dash) && !dash.model.why.unfolded);
}

#[test]
fn failures_that_are_alike_are_one_group_and_are_retried_together() {
    let mut dash = failed(120, 40);
    dash.keys("F");
    let Some(Overlay::Failures(failures)) = &dash.model.overlay else { panic!("the groups are open") };
    let sizes: Vec<usize> = failures.groups.iter().map(|group| group.members.len()).collect();
    assert_eq!(sizes, [12, 6, 1]);
    assert_eq!(failures.groups[0].common, "workload=graph cores=false");
    dash.keys("g<enter>");
    assert!(dash.model.overlay.is_none());
    assert_eq!((dash.model.list.marked.len(), dash.selected()), (12, "graph-12"));
    dash.keys("r");
    let [Request::Retry { sims }] = dash.requests()[..] else { panic!("{:?}", dash.requests()) };
    assert_eq!(sims.len(), 12);
    dash.keys("FGr");
    let Some(Request::Retry { sims }) = dash.requests().last().copied() else { panic!("a retry") };
    assert_eq!(sims, &[3]);
}

#[test]
fn a_group_that_the_filter_hides_is_shown_when_it_is_marked() {
    let mut dash = failed(120, 40);
    dash.keys("/chase<enter>Fg<enter>");
    assert_eq!((dash.selected(), dash.model.list.filter()), ("graph-12", ""));
}

#[test]
fn groups_follow_what_happens_while_they_are_open() {
    let mut dash = failed(120, 40);
    dash.keys("FG");
    dash.sim(3, |view| view.status = Status::Queued);
    let Some(Overlay::Failures(failures)) = &dash.model.overlay else { panic!("the groups are open") };
    assert_eq!((failures.groups.len(), failures.at), (2, 1));
    dash.keys("<esc>");
    assert!(dash.model.overlay.is_none());
    let mut dash = Dash::new(80, 24);
    dash.keys("F");
    assert!(dash.model.overlay.is_none() && dash.text().contains("no simulation has failed"));
}

#[test]
fn groups_stay_open_over_another_engine_and_mean_its_simulations() {
    let mut dash = failed(120, 40);
    dash.keys("Fgj");
    let focused = |dash: &Dash| {
        let Some(Overlay::Failures(failures)) = &dash.model.overlay else { panic!("the groups are open") };
        failures.groups.get(failures.at).cloned()
    };
    let before = focused(&dash).unwrap();
    let of_group = |sim: &SimView| before.members.contains(&(sim.id - 7));
    let views = dash.model.list.rows().values().map(|row| SimView { id: row.view.id + 7, ..row.view.clone() });
    let (ok, failed): (Vec<_>, Vec<_>) = views.partition(|sim| sim.status.ended().is_none_or(OutcomeKind::is_ok));
    let (last, others): (Vec<_>, Vec<_>) = failed.into_iter().partition(of_group);
    dash.send(Message::LinkClosed);
    dash.send(Message::Reconnected);
    dash.send(Message::Server(ServerMessage::Sims { sims: ok, complete: false }));
    assert!(focused(&dash).is_none(), "the numbers of the engine before mean nothing");
    dash.send(Message::Server(ServerMessage::Sims { sims: others, complete: false }));
    assert_ne!(focused(&dash).unwrap().signature, before.signature);
    dash.sims(last);
    let after = focused(&dash).unwrap();
    assert_eq!(after.signature, before.signature, "the focus is on its group again");
    dash.keys("r");
    let members = before.members.iter().map(|id| id + 7).collect();
    assert_eq!(dash.requests().last(), Some(&&Request::Retry { sims: members }));
}

#[test]
fn who_retries_what_has_paused_the_queue_is_told_that_it_opens() {
    let mut dash = Dash::running(120, 40);
    dash.keys("R");
    assert!(!dash.text().contains("opens by it"), "{}", dash.text());
    dash.keys("<esc>");
    dash.header(|header| {
        let alike = Alike { count: 3, program: "run.py".to_owned(), cause: "no way".to_owned(), first: "a".to_owned() };
        header.alike = Some(alike);
    });
    dash.keys("R");
    assert!(dash.text().contains("opens by it"), "{}", dash.text());
}

fn alike_ones() -> Alike {
    let [program, cause, first] = ["run.py", "no way", "a"].map(str::to_owned);
    Alike { count: 3, program, cause, first }
}

#[test]
fn that_the_queue_is_open_is_not_said_beside_failures_that_have_paused_it() {
    let mut dash = Dash::running(120, 40);
    let says = |dash: &Dash| dash.model.toast.is_some();
    dash.keys("<C-k>");
    dash.header(|_| {});
    assert!(says(&dash), "another header takes nothing away");
    dash.header(|header| header.alike = Some(alike_ones()));
    assert!(!says(&dash));
    // What is said afterwards stays although the queue is still paused.
    dash.keys("<C-k>");
    dash.header(|header| header.alike = Some(alike_ones()));
    assert!(says(&dash));
}
