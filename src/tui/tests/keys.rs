//! Keys and messages in, requests and selections out.

use std::path::PathBuf;

use super::fixture::{Dash, attempt, ended, header, sim, sweep};
use crate::experiment::Parameter;
use crate::gem5::OutcomeKind;
use crate::protocol::{QueueState, Reply, Request, ServerMessage, Status, Why};
use crate::text::Safe;
use crate::tui::actions::Tab;
use crate::tui::model::Focus;
use crate::tui::model::sort::Sort;
use crate::tui::reading::{Reading, Top};
use crate::tui::update::{Command, Leave, Message};

fn running() -> Dash {
    Dash::running(120, 40)
}

fn reply(dash: &mut Dash, reply: Reply) {
    let id = dash.model.next_request - 1;
    dash.send(Message::Server(ServerMessage::Reply { id, reply }));
}

fn done(message: &str) -> Reply {
    Reply::Done { message: message.to_owned() }
}

#[test]
fn what_needs_attention_stands_first_and_is_selected() {
    let dash = running();
    assert_eq!(dash.selected(), "stream-l2_8MiB");
    let names: Vec<&str> = dash.model.list.order().iter().map(|id| dash.model.list.rows()[id].name.as_str()).collect();
    assert_eq!(
        names[..6],
        ["stream-l2_8MiB", "stream-l2_1MiB", "stream-l2_4MiB", "chase-l2_1MiB", "chase-l2_256KiB", "stream-l2_2MiB"]
    );
}

#[test]
fn the_cursor_stays_on_its_simulation_when_the_order_changes() {
    let mut dash = running();
    dash.keys("jjj");
    assert_eq!(dash.selected(), "chase-l2_1MiB");
    dash.sim(8, |view| view.status = Status::Paused);
    assert_eq!(dash.selected(), "chase-l2_1MiB");
    dash.keys("t");
    assert_eq!((dash.model.list.sort(), dash.selected()), (Sort::Plan, "chase-l2_1MiB"));
    dash.keys("/chase<enter>");
    assert_eq!(dash.selected(), "chase-l2_1MiB");
}

#[test]
fn a_sweep_that_is_only_watched_shows_what_runs() {
    let mut dash = running();
    let ended = |view: &mut crate::protocol::SimView| {
        let outcome = crate::gem5::Outcome::new(OutcomeKind::Ok, String::new());
        view.status = Status::Ended { outcome };
    };
    dash.sim(5, ended);
    assert_eq!(dash.selected(), "stream-l2_1MiB");
    dash.keys("1");
    dash.sim(2, ended);
    assert_eq!(dash.selected(), "stream-l2_1MiB", "after a key the cursor stays where it is");
}

#[test]
fn a_selected_simulation_that_the_filter_hides_gives_the_cursor_to_its_neighbour() {
    let mut dash = running();
    dash.keys("/chase !paused<enter>");
    assert_eq!(dash.selected(), "chase-l2_1MiB");
    assert!(dash.model.list.order().iter().all(|id| dash.model.list.rows()[id].name.starts_with("chase")));
    dash.keys("<esc>");
    assert_eq!(dash.model.list.order().len(), 12);
}

#[test]
fn a_filter_that_is_abandoned_is_as_it_was_before() {
    let mut dash = running();
    dash.keys("/chase<enter>/xyz");
    assert!(dash.model.list.order().is_empty());
    dash.keys("<esc>");
    assert_eq!((dash.model.list.filter(), dash.model.list.order().len()), ("chase", 6));
}

#[test]
fn a_filter_finds_parameters_states_and_reasons() {
    for (filter, count) in
        [("l2=1MiB", 2), ("queued", 3), ("\"queued\"", 2), ("cap reached", 2), ("panic", 1), ("!stream running", 1)]
    {
        let mut dash = running();
        dash.keys(&format!("/{}<enter>", filter.replace(' ', "<space>")));
        assert_eq!(dash.model.list.order().len(), count, "{filter}");
    }
}

#[test]
fn typed_text_and_pasted_text_never_run_commands() {
    let mut dash = running();
    dash.keys("/qcrp+P");
    assert_eq!(dash.model.list.filter(), "qcrp+P");
    assert!(dash.requests().is_empty() && dash.left().is_none());
    dash.keys("<esc>");
    dash.send(Message::Paste("qcRp\n\u{1b}c".to_owned()));
    assert!(dash.requests().is_empty() && dash.left().is_none() && dash.model.overlay.is_none());
    dash.keys("/");
    dash.send(Message::Paste("a\nb\u{1b}[31m".to_owned()));
    assert_eq!(dash.model.list.filter(), "a b[31m");
}

#[test]
fn p_pauses_what_runs_and_resumes_what_is_paused() {
    let mut dash = running();
    dash.keys("jp");
    assert_eq!(dash.requests(), [&Request::Pause { sims: vec![2] }]);
    dash.keys("jjjp");
    assert_eq!(dash.requests()[1], &Request::Resume { sims: vec![6] });
    dash.keys("Gp");
    assert_eq!(dash.requests().len(), 2, "an ended simulation cannot be paused");
    assert!(dash.text().contains("nothing to pause: stream-l2_512KiB is ok"));
}

#[test]
fn p_lets_what_a_pause_did_not_reach_go_on_and_its_row_says_so() {
    let mut dash = running();
    dash.sim(2, |view| view.why = Why::PauseMissed);
    dash.keys("/stream-l2_1MiB<enter>p");
    assert_eq!(dash.requests(), [&Request::Resume { sims: vec![2] }]);
    assert!(dash.text().contains("pause did not"), "{}", dash.text());
    dash.keys("5");
    assert!(dash.text().contains("its output still grows"), "{}", dash.text());
}

/// `boot` has failed, and four wait for it.
fn blocked() -> Dash {
    let mut dash = running();
    dash.sim(3, |view| view.name = "boot".to_owned());
    for id in [0, 9, 10, 11] {
        dash.sim(id, |view| {
            view.status = Status::Blocked;
            view.why = Why::NeedFailed { name: "boot".to_owned(), outcome: OutcomeKind::Fatal };
            view.attempts.clear();
        });
    }
    dash
}

#[test]
fn a_blocked_simulation_says_all_that_lets_it_start_and_enter_goes_there() {
    let mut dash = blocked();
    let name = dash.model.list.rows()[&11].view.name.clone();
    dash.keys(&format!("/{name}<enter>"));
    assert_eq!(dash.selected(), name);
    for tab in ["1", "5"] {
        dash.keys(tab);
        // Wrapped at any place.
        let words: Vec<String> = dash.text().split_whitespace().map(str::to_owned).collect();
        let words =
            words.into_iter().filter(|word| word.chars().any(char::is_alphanumeric)).collect::<Vec<_>>().join(" ");
        assert!(words.contains("boot failed (fatal)"), "{words}");
        for part in ["these 4", "themselves", "goes to it"] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
    // The filter does not show it.
    dash.keys("<enter>");
    assert_eq!((dash.selected(), dash.model.list.filter(), dash.model.zoomed), ("boot", "", false));
    // From the tab that says so, too.
    let mut dash = blocked();
    dash.keys(&format!("/{name}<enter>5<tab><enter>"));
    assert_eq!(dash.selected(), "boot");
}

#[test]
fn marked_simulations_are_meant_before_the_selected_one() {
    let mut dash = running();
    dash.keys("j<space><space>p");
    assert_eq!(dash.requests(), [&Request::Pause { sims: vec![2, 4] }]);
    dash.keys("<esc>");
    assert!(dash.model.list.marked.is_empty());
    dash.keys("a");
    assert_eq!(dash.model.list.marked.len(), 12);
    dash.keys("a");
    assert!(dash.model.list.marked.is_empty());
}

#[test]
fn cancel_asks_first_and_enter_alone_cancels_nothing() {
    let mut dash = running();
    dash.keys("jc");
    assert!(dash.text().contains("Cancel stream-l2_1MiB?"));
    dash.keys("<enter>");
    assert!(dash.requests().is_empty());
    dash.keys("c<right><enter>");
    assert_eq!(dash.requests(), [&Request::Cancel { sims: vec![2] }]);
    dash.keys("cy");
    assert_eq!(dash.requests().len(), 2);
    dash.keys("cn");
    assert_eq!(dash.requests().len(), 2);
}

#[test]
fn a_second_cancel_goes_one_step_down_without_a_question() {
    let mut dash = running();
    dash.keys("c");
    assert!(dash.model.overlay.is_none());
    assert_eq!(dash.requests(), [&Request::Cancel { sims: vec![5] }]);
}

#[test]
fn a_cancel_says_how_many_it_means_and_what_waits() {
    let mut dash = running();
    dash.keys("ac");
    let text = dash.text();
    assert!(text.contains("Cancel 8 simulations?"), "{text}");
    assert!(text.contains("4 waiting: will not be launched."), "{text}");
    dash.keys("y");
    assert_eq!(dash.requests(), [&Request::Cancel { sims: vec![2, 4, 6, 8, 7, 9, 10, 11] }]);
}

#[test]
fn marks_that_the_filter_hides_are_counted_in_the_question() {
    let mut dash = running();
    dash.keys("a/chase<enter>c");
    assert!(dash.text().contains("2 of them hidden by the filter."), "{}", dash.text());
}

#[test]
fn retry_is_for_what_has_ended() {
    let mut dash = running();
    dash.keys("jr");
    assert!(dash.requests().is_empty());
    dash.keys("Gr");
    // It has a result.
    assert!(dash.requests().is_empty());
    let text = dash.text();
    assert!(text.contains("It ended ok. Tables show the newest attempt."), "{text}");
    dash.keys("y");
    assert_eq!(dash.requests(), [&Request::Retry { sims: vec![1] }]);
    let mut dash = running();
    dash.sim(3, |sim| assert!(sim.status.ended().is_some_and(|kind| !kind.is_ok())));
    dash.keys("/2MiB<enter>g");
    while dash.model.list.selected() != Some(3) {
        dash.keys("j");
    }
    dash.keys("r");
    assert_eq!(dash.requests(), [&Request::Retry { sims: vec![3] }], "what failed runs again at once");
    // A mark that the filter hides is no longer before anybody's eyes.
    dash.keys("<space>/chase<enter>r");
    assert!(dash.text().contains("1 of them hidden by the filter."), "{}", dash.text());
    assert_eq!(dash.requests().len(), 1);
}

#[test]
fn retry_failed_asks_and_takes_all_that_is_not_ok() {
    let mut dash = running();
    dash.keys("R");
    assert!(dash.text().contains("Retry stream-l2_2MiB?"), "{}", dash.text());
    dash.keys("y");
    assert_eq!(dash.requests(), [&Request::Retry { sims: vec![3] }]);
}

#[test]
fn three_presses_of_plus_mean_three_more() {
    let mut dash = running();
    dash.keys("+++");
    let caps = [5, 6, 7].map(|cap| Request::SetCap { cap });
    assert_eq!(dash.requests(), caps.iter().collect::<Vec<_>>());
    dash.header(|header| header.cap = 7);
    dash.keys("-");
    assert_eq!(dash.requests()[3], &Request::SetCap { cap: 6 });
    dash.header(|header| header.cap = 1);
    dash.keys("-");
    assert_eq!(dash.requests().len(), 4, "a cap of none is no cap");
}

#[test]
fn a_refused_cap_is_not_counted_on() {
    let mut dash = running();
    dash.keys("+");
    reply(&mut dash, Reply::Refused { reason: "no".to_owned() });
    dash.keys("+");
    assert_eq!(dash.requests()[1], &Request::SetCap { cap: 5 });
}

#[test]
fn the_queue_is_paused_and_opened_by_one_key() {
    let mut dash = running();
    dash.keys("P");
    dash.header(|header| header.queue = QueueState::Paused);
    dash.keys("P");
    let queues = [QueueState::Paused, QueueState::Open].map(|queue| Request::SetQueue { queue });
    assert_eq!(dash.requests(), queues.iter().collect::<Vec<_>>());
}

#[test]
fn answers_stand_in_the_footer_for_a_while() {
    let mut dash = running();
    dash.keys("jp");
    reply(&mut dash, done("stream-l2_1MiB paused"));
    assert!(dash.text().contains("stream-l2_1MiB paused"));
    dash.now_ms += 3_900;
    dash.send(Message::Tick);
    assert!(dash.text().contains("stream-l2_1MiB paused"));
    dash.now_ms += 200;
    dash.send(Message::Tick);
    assert!(!dash.text().contains("stream-l2_1MiB paused"));
}

#[test]
fn quit_asks_while_something_runs_and_stays_by_default() {
    for keys in ["q<enter>", "q<esc>", "qq", "<C-c>q"] {
        let mut dash = running();
        dash.keys(keys);
        assert!(dash.left().is_none() && dash.model.overlay.is_none(), "{keys}");
    }
    let mut dash = running();
    dash.keys("qj<enter>");
    assert_eq!((dash.left(), dash.requests().len()), (Some(Leave::Detached { queue_is_open: true, is_live: true }), 0));
}

#[test]
fn quit_leaves_at_once_when_everything_has_ended() {
    let mut dash = running();
    dash.header(|header| {
        header.counts = crate::protocol::Counts { total: 3, ok: 2, not_ok: 1, ..Default::default() };
    });
    dash.keys("q");
    assert_eq!(dash.left(), Some(Leave::Idle));
}

#[test]
fn drain_leaves_only_when_the_engine_has_agreed() {
    let mut dash = running();
    dash.keys("qjj<enter>");
    assert_eq!((dash.left(), dash.requests()), (None, vec![&Request::Drain]));
    reply(&mut dash, done("draining"));
    assert_eq!(dash.left(), Some(Leave::Draining));
}

#[test]
fn cancel_all_asks_twice_and_stays_until_the_engine_ends() {
    let mut dash = running();
    dash.keys("qG<enter>");
    assert!(dash.requests().is_empty());
    assert!(dash.text().contains("Cancel all 9 simulations?"), "{}", dash.text());
    dash.keys("<right><enter>");
    assert_eq!(dash.requests(), [&Request::CancelAll]);
    reply(&mut dash, done("cancelling 9 simulations"));
    assert!(dash.left().is_none() && dash.text().contains("still to stop"));
    dash.send(Message::Server(ServerMessage::Goodbye { reason: "all cancelled".to_owned() }));
    assert_eq!(dash.left(), Some(Leave::CancelledAll));
}

#[test]
fn clocks_go_on_between_messages_and_stop_with_the_engine() {
    let mut dash = running();
    dash.now_ms += 9_000;
    dash.send(Message::Tick);
    assert!(dash.text().contains("1:12:40"), "{}", dash.text());
    dash.send(Message::LinkClosed);
    // The word in the footer fades, and then nothing changes by time alone.
    dash.now_ms += 10_000;
    dash.send(Message::Tick);
    assert!(!dash.model.ticks());
    dash.keys("j");
    assert!(dash.text().contains("1:12:40"), "{}", dash.text());
}

#[test]
fn nothing_is_drawn_when_nothing_has_changed() {
    let mut dash = running();
    dash.header(|header| header.elapsed.ticking = false);
    dash.model.dirty = false;
    dash.now_ms += 60_000;
    dash.send(Message::Tick);
    assert!(!dash.model.dirty);
}

#[test]
fn every_attempt_can_be_looked_at() {
    let mut dash = running();
    dash.keys("jjj");
    let dir = |dash: &Dash| dash.model.want.attempt.clone().unwrap();
    assert!(dir(&dash).ends_with("chase-l2_1MiB/attempt-2"));
    dash.keys("[");
    assert!(dir(&dash).ends_with("attempt-1"));
    assert_eq!(dash.model.tab, Tab::Why, "it has failed");
    dash.keys("1");
    assert_eq!(dash.model.want.log.as_ref().unwrap().path, dir(&dash).join("m5out/simerr.txt"));
    assert!(!dash.model.want.live, "an attempt that has ended does not change");
    dash.keys("[");
    assert!(dash.text().contains("this is the first attempt"));
    dash.keys("]");
    assert!(dir(&dash).ends_with("attempt-2"));
    // The newest attempt gives way to a newer one, an older one that was chosen does not.
    dash.sim(8, |view| view.attempts.push(attempt("chase-l2_1MiB", 3)));
    assert!(dir(&dash).ends_with("attempt-3"));
    dash.keys("[");
    dash.sim(8, |view| view.attempts.push(attempt("chase-l2_1MiB", 4)));
    assert!(dir(&dash).ends_with("attempt-2"));
}

#[test]
fn output_files_are_gone_through_in_turn() {
    let mut dash = running();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let log = dash.model.want.log.clone().unwrap();
        seen.push(log.path.file_name().unwrap().to_string_lossy().into_owned());
        dash.read_log("x\n");
        dash.keys("o");
    }
    assert_eq!(seen, ["simout.txt", "simerr.txt", "system.terminal", "simout.txt"]);
}

#[test]
fn a_file_from_the_list_opens_in_the_log() {
    let mut dash = running();
    dash.keys("<tab>3");
    dash.read_files();
    dash.keys("jj<enter>");
    assert_eq!(dash.model.tab, Tab::Log);
    assert!(dash.model.want.log.as_ref().unwrap().path.ends_with("attempt-1/m5out/cpt.10000000/m5.cpt"));
}

#[test]
fn another_simulation_shows_nothing_of_the_one_before() {
    let mut dash = running();
    assert!(dash.text().contains("Beginning simulation!"));
    dash.keys("j");
    assert!(!dash.text().contains("Beginning simulation!"));
    assert!(dash.model.stats.reading.is_none());
}

fn long_log(lines: usize) -> String {
    use std::fmt::Write as _;
    (0..lines).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "line {n}");
        text
    })
}

#[test]
fn scrolling_up_stops_following_and_new_lines_are_counted() {
    let mut dash = running();
    dash.keys("<enter>");
    dash.read_log(&long_log(100));
    assert!(dash.text().contains("line 99\n") || dash.text().contains("line 99 "));
    assert!(dash.text().contains("FOLLOW"));
    dash.keys("k");
    let before = dash.text();
    assert!(!before.contains("FOLLOW") && !before.contains("line 99 "));
    dash.read_log(&long_log(120));
    let after = dash.text();
    assert!(after.contains("+20 new"), "{after}");
    let body = |text: &str| text.lines().skip(2).take(20).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&before), body(&after), "the lines under the eyes must not move");
    dash.keys("G");
    assert!(dash.text().contains("line 119") && dash.text().contains("FOLLOW"));
}

#[test]
fn a_log_that_fits_is_followed_whatever_is_pressed() {
    let mut dash = running();
    dash.keys("<enter>");
    dash.read_log(&long_log(3));
    dash.keys("kk<pgup><C-u>");
    assert_eq!(dash.model.log.top, Top::End);
}

#[test]
fn a_wrapped_line_is_scrolled_by_rows() {
    let mut dash = running();
    dash.keys("<enter>w");
    let long = "x".repeat(118 * 60);
    dash.read_log(&format!("first\n{long}\nlast\n"));
    dash.keys("kkk");
    let Top::At { offset, row } = dash.model.log.top else { panic!("following has stopped") };
    assert_eq!(offset, 6, "the long line is still at the top");
    assert!(row > 20);
    dash.keys("g");
    assert!(dash.text().contains("first"));
}

#[test]
fn a_search_shows_what_it_found_and_goes_on_from_there() {
    let mut dash = running();
    dash.keys("<enter>");
    dash.read_log(&long_log(200));
    dash.keys("g/line 150<enter>");
    let (id, search) = dash.searched();
    assert!(search.forward && !search.after && search.pattern.find(b"LINE 150", 0).is_some());
    let offset = long_log(150).len() as u64;
    dash.found(id, Some(offset));
    assert!(dash.text().contains("line 150"), "{}", dash.text());
    dash.keys("N");
    let (again, search) = dash.searched();
    assert_eq!((search.from, search.forward, search.after), (offset, false, true));
    // The answer to a search that was replaced changes nothing.
    dash.found(id, Some(0));
    assert!(dash.text().contains("searching"));
    dash.send(Message::Read(Reading::Seeking { id: again, part: 0.42 }));
    assert!(dash.text().contains("searching 42%"), "{}", dash.text());
    dash.found(again, None);
    assert!(dash.text().contains("no line matches `line 150`"));
}

#[test]
fn a_pattern_that_is_no_regular_expression_is_taken_literally() {
    let mut dash = running();
    dash.keys("<enter>/a[(<enter>");
    assert!(dash.searched().1.pattern.find(b"xa[(x", 0).is_some());
    dash.keys("/Abc<enter>");
    assert!(dash.searched().1.pattern.find(b"abc", 0).is_none(), "a capital makes the search case-sensitive");
}

#[test]
fn a_late_reading_of_another_file_is_not_shown() {
    let mut dash = running();
    let mut late = dash.model.log.reading.clone().unwrap();
    late.bytes += 1;
    dash.keys("o");
    dash.send(Message::Read(Reading::Log(late)));
    assert!(dash.model.log.reading.is_none());
    dash.read_log("right file\n");
    assert!(dash.text().contains("right file"));
}

#[test]
fn escape_goes_back_one_step_at_a_time() {
    let mut dash = running();
    dash.keys("/chase<enter><space><enter>");
    assert!(dash.model.zoomed);
    dash.keys("<esc>");
    assert!(!dash.model.zoomed && dash.model.focus == Focus::List && !dash.model.list.filter().is_empty());
    dash.keys("<esc>");
    assert!(dash.model.list.filter().is_empty() && !dash.model.list.marked.is_empty());
    dash.keys("<esc>");
    assert!(dash.model.list.marked.is_empty());
    dash.keys("<esc>");
    assert!(dash.left().is_none());
}

#[test]
fn copy_and_edit_mean_what_is_in_view() {
    let mut dash = running();
    dash.keys("y");
    assert!(matches!(dash.commands.last(), Some(Command::Copy(text)) if *text == "stream-l2_8MiB"));
    dash.keys("e");
    let path = |dash: &Dash| match dash.commands.iter().rev().find(|c| matches!(c, Command::OpenExternal { .. })) {
        Some(Command::OpenExternal { path, .. }) => path.clone(),
        _ => PathBuf::new(),
    };
    assert!(path(&dash).ends_with("stream-l2_8MiB/attempt-1/m5out/simout.txt"));
    dash.keys("2e");
    assert!(path(&dash).ends_with("m5out/stats.txt"));
    dash.keys("<tab>");
    dash.read_stats();
    dash.keys("jy");
    assert!(matches!(dash.commands.last(), Some(Command::Copy(text)) if *text == "system.cpu.ipc 0.8213"));
}

#[test]
fn stats_that_end_alike_have_titles_that_differ() {
    let mut dash = running();
    let watch = ["*.cpu0.ipc", "*.cpu1.ipc", "system.l2.overallMissRate::total", "simTicks"];
    dash.header(|header| header.watch = watch.map(str::to_owned).to_vec());
    let titles: Vec<&str> = dash.model.header.as_ref().unwrap().titles.iter().map(Safe::as_str).collect();
    assert_eq!(titles, ["cpu0.ipc", "cpu1.ipc", "overallMissRate", "simTicks"]);
}

#[test]
fn text_from_outside_cannot_reach_the_terminal_as_it_is() {
    let mut dash = Dash::new(120, 40);
    let evil = "x\u{1b}]52;c;aGk=\u{7}\u{202e}\u{9b}31m";
    let mut view = sim(0, evil, Status::Queued);
    view.why = Why::Needs { name: evil.to_owned() };
    view.parameters = vec![Parameter::text(evil, evil)];
    view.attempts = vec![ended(attempt("x", 1), OutcomeKind::Panic, evil, 1)];
    let mut head = header();
    head.name = evil.to_owned();
    head.notice = Some(evil.to_owned());
    head.watch = vec![evil.to_owned()];
    dash.send(Message::Server(ServerMessage::Header { header: Box::new(head) }));
    dash.sims(vec![view]);
    dash.read_log(evil);
    for keys in ["", "4", "2", "c", "<esc>/\u{1b}\u{202e}"] {
        dash.keys(keys);
        let text = dash.text();
        let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(bad), "{:?}", text.chars().find(|c| bad(*c)));
    }
}

#[test]
fn ten_thousand_simulations_are_sorted_once_and_only_a_screenful_is_drawn() {
    let mut dash = Dash::new(120, 40);
    dash.header(|_| {});
    let models = sweep();
    let sims = (0..10_000).map(|id| {
        let mut view = models[id as usize % models.len()].clone();
        view.id = id;
        view.name = format!("sim-{id}");
        view
    });
    let started = std::time::Instant::now();
    dash.sims(sims.collect());
    dash.keys("tt");
    for _ in 0..100 {
        dash.keys("<C-d>");
        dash.draw();
    }
    dash.keys("G");
    assert_eq!(dash.selected(), "sim-9999");
    assert!(dash.text().contains("sim-9999") && !dash.text().contains("sim-9000 "));
    // Drawing all rows instead of a screenful would take about ten times as long, even on a busy machine.
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn one_pane_is_shown_where_there_is_room_for_one_only() {
    let mut dash = Dash::running(40, 12);
    assert!(dash.text().contains("Simulations") && !dash.text().contains("simout.txt"));
    dash.keys("1");
    dash.read_log("hello\n");
    assert!(dash.text().contains("hello") && !dash.text().contains("Simulations"));
    dash.keys("<tab>");
    assert!(dash.text().contains("Simulations"));
}

#[test]
fn stats_are_asked_only_of_what_runs() {
    let mut dash = running();
    dash.keys("as");
    let asked = dash.requests();
    let [Request::DumpStats { sims }] = asked.as_slice() else { panic!("{asked:?}") };
    let runs = |sim: &u32| matches!(dash.model.list.rows()[sim].view.status, Status::Running { .. });
    assert!(sims.len() > 1 && sims.iter().all(runs), "{sims:?}");
}
