//! Screens as a user sees them, each in one size.

use super::fixture::{Dash, sweep};
use crate::protocol::{Clock, Counts, QueueState, Status, SweepTime};
use crate::tui::reading::{FileState, Reading};
use crate::tui::theme::Colours;
use crate::tui::update::Message;

/// A terminal of this many columns and rows.
type Size = (u16, u16);

/// List and detail beside each other, as on most screens.
pub(super) const MIDDLE: Size = (120, 40);
/// One above the other.
const SMALL: Size = (80, 24);
/// One at a time.
const LOW: Size = (40, 12);
/// With room for everything.
const WIDE: Size = (200, 60);

/// Compares a screen with the one that was looked at and found good. One size is enough, since a word that changes would else
/// change four pictures; what must hold at any size is a property in `random.rs`.
pub(super) fn look(name: &str, size: Size, make: impl Fn(u16, u16) -> Dash) {
    if let Some(dir) = std::env::var_os("GEM5_TUI_LOOK") {
        for (width, height) in [MIDDLE, SMALL, LOW, WIDE] {
            let file = std::path::Path::new(&dir).join(format!("{name}.{width}x{height}.ansi"));
            std::fs::write(file, ansi(&make(width, height))).unwrap();
        }
    }
    let (width, height) = size;
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), make(width, height).text());
    });
}

fn pressed(keys: &'static str) -> impl Fn(u16, u16) -> Dash {
    move |width, height| {
        let mut dash = Dash::running(width, height);
        dash.keys(keys);
        dash.read_log(super::fixture::LOG);
        dash.read_stats();
        dash.read_files();
        dash.read_info();
        dash
    }
}

#[test]
fn the_main_screen() {
    look("running", MIDDLE, Dash::running);
}

#[test]
fn the_help() {
    look("help", WIDE, pressed("?"));
}

#[test]
fn the_dumps_of_an_attempt() {
    look("dumps", SMALL, |width, height| {
        let mut dash = super::stats::opened(width, height);
        dash.keys("(((i");
        dash
    });
}

#[test]
fn the_quit_dialog() {
    look("quit", LOW, pressed("q"));
}

#[test]
fn a_question() {
    look("confirm", SMALL, pressed("jj<space><space>c"));
}

#[test]
fn the_log_alone() {
    look("log", MIDDLE, pressed("jjj<enter>w"));
}

#[test]
fn the_stats() {
    look("stats", MIDDLE, pressed("jjj<tab>2"));
}

#[test]
fn the_stats_as_a_tree() {
    look("tree", MIDDLE, |width, height| {
        let mut dash = super::stats::opened(width, height);
        dash.keys("vGkl");
        dash
    });
}

#[test]
fn a_column_that_the_user_added() {
    look("column", MIDDLE, super::stats::with_column);
}

#[test]
fn stats_beside_those_of_the_dump_before() {
    look("diff", MIDDLE, |width, height| {
        let mut dash = super::stats::opened(width, height);
        dash.keys("d");
        dash.read_stats();
        dash.keys("t");
        dash
    });
}

#[test]
fn the_files() {
    look("files", SMALL, pressed("jjj<tab>3"));
}

#[test]
fn what_is_known_of_a_simulation() {
    look("info", MIDDLE, pressed("jjj<tab>4"));
}

#[test]
fn a_failed_simulation() {
    look("failed", MIDDLE, |width, height| {
        let mut dash = Dash::running(width, height);
        dash.keys("/panic<enter>");
        dash.read_failure(super::failures::PANIC);
        dash
    });
}

#[test]
fn a_failure_with_its_backtrace() {
    look("unfolded", MIDDLE, |width, height| {
        let mut dash = Dash::running(width, height);
        dash.keys("/panic<enter><enter>");
        dash.read_failure(super::failures::PANIC);
        dash.keys("b");
        dash
    });
}

#[test]
fn failures_that_are_alike() {
    look("failures", MIDDLE, |width, height| {
        let mut dash = super::failures::failed(width, height);
        dash.keys("F");
        dash
    });
}

#[test]
fn a_paused_queue_with_a_notice() {
    look("paused", SMALL, |width, height| {
        let mut dash = Dash::running(width, height);
        dash.header(|header| {
            header.queue = QueueState::Paused;
            header.stand_in = true;
            header.notice = Some("the disk of /runs has 1.2 GiB left".to_owned());
        });
        dash
    });
}

#[test]
fn what_a_batch_job_gives_gives_way_to_a_notice() {
    look("job", SMALL, |width, height| {
        let mut dash = Dash::running(width, height);
        dash.header(|header| header.allocation = Some("in job 12 of Slurm: 4 CPUs, 8 GiB of memory".to_owned()));
        dash
    });
    let mut dash = Dash::running(80, 24);
    dash.header(|header| {
        header.allocation = Some("in job 12 of Slurm".to_owned());
        header.notice = Some("disk full".to_owned());
    });
    let shown = dash.text();
    assert!(shown.contains("disk full") && !shown.contains("Slurm"), "{shown}");
}

#[test]
fn no_simulation_yet() {
    look("empty", LOW, Dash::new);
}

#[test]
fn a_simulation_without_an_attempt() {
    look("queued", SMALL, |width, height| {
        let mut dash = Dash::running(width, height);
        dash.keys("/queued<enter><tab>1");
        dash
    });
}

#[test]
fn a_filter_that_matches_nothing() {
    look("filter", LOW, pressed("/nothing like it"));
}

#[test]
fn an_engine_that_has_ended() {
    look("ended", SMALL, |width, height| {
        let mut dash = Dash::running(width, height);
        dash.send(Message::Server(crate::protocol::ServerMessage::Goodbye { reason: String::new() }));
        dash
    });
}

#[test]
fn everything_is_done() {
    look("done", MIDDLE, |width, height| {
        let mut dash = Dash::running(width, height);
        let mut sims = sweep();
        sims.retain(|sim| matches!(&sim.status, Status::Ended { outcome } if outcome.kind.is_ok()));
        let mut counts = Counts::default();
        for sim in &sims {
            counts.add(&sim.status);
        }
        dash.header(|header| {
            header.counts = counts;
            header.eta = None;
            header.elapsed.ticking = false;
        });
        dash.model.list.clear();
        dash.sims(sims);
        dash.read_log("Exiting @ tick 10000000000 because exiting with last active thread context\n");
        dash
    });
}

#[test]
fn a_terminal_without_colours_and_without_unicode() {
    look("ascii", MIDDLE, |width, height| {
        let mut dash = Dash::running(width, height);
        dash.model.theme.unicode = false;
        dash.model.theme.colours = Colours::None;
        let text = dash.text();
        assert!(text.is_ascii(), "{:?}", text.chars().find(|c| !c.is_ascii()));
        dash
    });
}

#[test]
fn every_view_has_its_glyphs_in_ascii_too() {
    let mut failed = super::failures::failed(120, 40);
    failed.keys("/panic<enter>");
    failed.read_failure(super::failures::PANIC);
    failed.keys("bF");
    let mut tree = super::stats::opened(120, 40);
    tree.keys("vG");
    let mut compared = super::stats::opened(120, 40);
    compared.keys("d");
    compared.read_stats();
    let mut column = super::stats::with_column(120, 40);
    for dash in [&mut failed, &mut tree, &mut compared, &mut column] {
        dash.model.theme.unicode = false;
        let text = dash.text();
        // What has no ASCII form is drawn as a question mark; the footer has one of its own.
        let marks = text.matches('?').count() - text.matches("? help").count();
        assert!(text.is_ascii() && marks == 0, "{text}");
    }
}

#[test]
fn the_pane_with_the_keys_shows_without_colours_too() {
    let mut dash = Dash::running(120, 40);
    dash.model.theme.colours = Colours::None;
    assert!(dash.text().contains('┏'));
    let before = dash.text();
    dash.keys("<tab>");
    assert_ne!(before, dash.text());
}

#[test]
fn every_pane_that_is_empty_says_why() {
    let states = [
        (FileState::Absent, "is not there yet"),
        (FileState::Gone, "has been removed"),
        (FileState::Unreadable(crate::text::Safe::plain("Permission denied")), "Permission denied"),
        (FileState::Present, "is empty so far"),
    ];
    for (state, words) in states {
        let mut dash = Dash::running(120, 40);
        let mut reading = dash.model.log.reading.clone().unwrap();
        reading.lines.clear();
        reading.state = state;
        dash.send(Message::Read(Reading::Log(reading)));
        assert!(dash.text().contains(words), "{}", dash.text());
    }
    for (tab, words) in [("2", "Reading stats.txt"), ("3", "Reading the directory")] {
        let mut dash = Dash::running(120, 40);
        dash.keys("j");
        dash.keys(tab);
        assert!(dash.text().contains(words), "{}", dash.text());
    }
}

#[test]
fn a_list_always_tells_how_far_its_simulations_are() {
    for width in 40..=200 {
        let text = Dash::running(width, 24).text();
        assert!(text.contains(" 61%"), "at {width} columns nothing tells of progress:\n{text}");
    }
}

/// A screen as ANSI text, to be looked at in a terminal: `GEM5_TUI_LOOK=dir cargo test screens`, then `cat` a file.
fn ansi(dash: &Dash) -> String {
    use ratatui::style::{Color, Modifier};
    use std::fmt::Write as _;
    let buf = dash.draw();
    let mut out = String::new();
    for y in 0..buf.area.height {
        for x in 0..buf.area.width {
            let cell = &buf[(x, y)];
            let mut sgr = "0".to_owned();
            for (modifier, code) in [(Modifier::BOLD, ";1"), (Modifier::DIM, ";2"), (Modifier::REVERSED, ";7")] {
                if cell.modifier.contains(modifier) {
                    sgr.push_str(code);
                }
            }
            for (colour, base) in [(cell.fg, 38), (cell.bg, 48)] {
                match colour {
                    Color::Indexed(index) => _ = write!(sgr, ";{base};5;{index}"),
                    Color::Rgb(r, g, b) => _ = write!(sgr, ";{base};2;{r};{g};{b}"),
                    _ => {}
                }
            }
            _ = write!(out, "\u{1b}[{sgr}m{}", cell.symbol());
        }
        out.push_str("\u{1b}[0m\n");
    }
    out
}

#[test]
fn a_finished_sweep_says_how_long_it_took_and_not_how_old_its_engine_is() {
    let mut dash = Dash::running(200, 40);
    let elapsed = Clock { ms: 83_000, ticking: false };
    let finished_unix_ms = Some(1_795_000_000_000);
    dash.header(|header| {
        header.sweep = Some(SweepTime { elapsed, cpu_ms: 161_000, cpu_untold: 0, finished_unix_ms });
    });
    let text = dash.text();
    assert!(text.contains("took 1:23") && text.contains("CPU 2:41") && text.contains("finished 2026-11-"), "{text}");
    assert!(!text.contains("elapsed 1:12:31"), "{text}");
    dash.header(|header| {
        header.sweep = Some(SweepTime { elapsed, cpu_ms: 0, cpu_untold: 0, finished_unix_ms: None });
    });
    assert!(dash.text().contains("elapsed 1:23"), "{}", dash.text());
}
