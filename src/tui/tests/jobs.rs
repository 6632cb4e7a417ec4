//! Simulations that a batch system has.

use super::fixture::{Dash, attempt};
use super::screens::{MIDDLE, look};
use crate::protocol::{JobView, Request, Status, Why};
use crate::rundir::record::{FORMAT, Moment, Submitted, Submitting};
use crate::tui::reading::{Reading, Record};
use crate::tui::update::Message;

fn job(id: &str, node: Option<&str>) -> JobView {
    JobView { system: "slurm".to_owned(), id: Some(id.to_owned()), node: node.map(str::to_owned) }
}

/// A sweep of which Slurm has most: some run on nodes, one is held, others wait.
fn on_slurm(width: u16, height: u16) -> Dash {
    let mut dash = Dash::running(width, height);
    let waits = |id: &str, why: Why| {
        let (job, name) = (job(id, None), format!("job-{id}"));
        move |view: &mut crate::protocol::SimView| {
            view.status = Status::Submitted;
            view.why = why;
            view.attempts = vec![crate::protocol::AttemptView { pid: None, job: Some(job), ..attempt(&name, 1) }];
        }
    };
    let said = |said: &str| Why::Submitted { said: said.to_owned() };
    dash.sim(9, waits("21", said("first in line, until a node has room (Resources)")));
    dash.sim(10, waits("22", said("behind jobs of higher priority (Priority)")));
    dash.sim(11, waits("23", Why::Held { said: "held (JobHeldUser)".to_owned() }));
    for (id, number) in [(2, "17"), (6, "18"), (8, "19")] {
        dash.sim(id, |view| {
            if let Some(latest) = view.attempts.last_mut() {
                (latest.pid, latest.job) = (None, Some(job(number, Some("node3"))));
            }
        });
    }
    dash
}

fn read_job(dash: &mut Dash) {
    dash.read_info();
    let Some(mut reading) = dash.model.info.reading.clone() else { return };
    let at = Moment { unix_ms: 1_795_000_000_000, boot_ms: 0, boot: None };
    let (system, job_name) = ("slurm".to_owned(), "g5-c7928b1f-chase-l2_4MiB-t1".to_owned());
    let command = ["sbatch", "--parsable", "--partition=main", "/runs/l2-sweep/job.sh"].map(str::to_owned).to_vec();
    let (id, format) = ("22".to_owned(), FORMAT);
    reading.submitting = Record::Present(Box::new(Submitting {
        format,
        system: system.clone(),
        job_name: job_name.clone(),
        at,
        command,
    }));
    reading.submitted = Record::Present(Box::new(Submitted { format, system, job_name, id, at }));
    dash.send(Message::Read(Reading::Info(Box::new(reading))));
}

#[test]
fn jobs_say_where_they_are_and_why_they_wait() {
    look("jobs", (80, 24), |width, height| {
        let mut dash = on_slurm(width, height);
        dash.keys("/job<enter>");
        dash
    });
    look("jobs", MIDDLE, |width, height| {
        let mut dash = on_slurm(width, height);
        dash.keys("/chase-l2_4<enter>4");
        read_job(&mut dash);
        dash
    });
}

#[test]
fn p_holds_a_job_that_waits_and_lets_one_go_that_is_held() {
    let mut dash = on_slurm(120, 40);
    dash.keys("/22<enter>");
    assert!(dash.text().contains("p hold"), "{}", dash.text());
    dash.keys("p");
    assert_eq!(dash.requests(), [&Request::Pause { sims: vec![10] }]);
    dash.keys("<esc>/23<enter>");
    assert!(dash.text().contains("p let go"), "{}", dash.text());
    dash.keys("p");
    assert_eq!(dash.requests()[1], &Request::Resume { sims: vec![11] });
}

#[test]
fn s_asks_when_a_job_starts_that_waits() {
    let mut dash = on_slurm(120, 40);
    dash.keys("/22<enter>s");
    assert_eq!(dash.requests(), [&Request::DumpStats { sims: vec![10] }]);
}

#[test]
fn jobs_are_found_by_their_numbers_and_nodes() {
    let mut dash = on_slurm(120, 40);
    dash.keys("/node3<enter>");
    assert_eq!(dash.model.list.order().len(), 3);
    dash.keys("<esc>/17<enter>");
    assert_eq!(dash.selected(), "stream-l2_1MiB");
}

/// A person who pauses what runs on a cluster has to know what that does not stop.
#[test]
fn a_paused_job_says_that_its_time_goes_on() {
    let mut dash = on_slurm(120, 40);
    dash.keys("/18<enter>5");
    let text = dash.text();
    let has = |word: &str| text.contains(word);
    assert!(has("time limit") && has("node3"), "{text}");
}

#[test]
fn a_cancel_of_a_job_that_waits_speaks_of_no_signals() {
    let mut dash = on_slurm(120, 40);
    dash.keys("/22<enter>c");
    let text = dash.text();
    assert!(text.contains("taken back") && !text.contains("SIGINT"), "{text}");
    dash.keys("y");
    assert_eq!(dash.requests(), [&Request::Cancel { sims: vec![10] }]);
}
