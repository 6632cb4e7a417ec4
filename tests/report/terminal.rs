//! Figures in a terminal.

use gem5_tui::report::plot::terminal::{Signs, draw};
use gem5_tui::report::plot::{Plot, PlotError};
use gem5_tui::text::{SpanStyle, StyledLine};

use crate::examples::{missing, speedup, value};
use crate::plots::{as_before, plots};

fn text(lines: &[StyledLine]) -> String {
    lines.iter().fold(String::new(), |text, line| text + line.plain().trim_end() + "\n")
}

#[test]
fn figures_in_a_terminal_are_as_they_were_when_they_were_looked_at() {
    let shown = ["speedup.bars", "sizes.bars", "sizes.lines", "sizes.heat", "parts.stacked", "area.scatter"];
    for (name, plot) in plots().into_iter().filter(|(name, _)| shown.contains(&name.as_str())) {
        let sizes =
            [(80, 20, Signs::Unicode), (120, 30, Signs::Unicode), (40, 12, Signs::Unicode), (72, 18, Signs::Ascii)];
        for (wide, tall, signs) in sizes {
            let form = if signs == Signs::Ascii { "ascii" } else { "braille" };
            as_before(&format!("{name}.{wide}x{tall}.{form}"), &text(&draw(&plot, wide, tall, signs)));
        }
    }
}

/// A line that is too long moves all others in a pane, and one too many scrolls the first away.
#[test]
fn figures_have_exactly_the_lines_and_at_most_the_columns_that_there_are() {
    for (name, plot) in plots() {
        for wide in [0, 1, 5, 15, 16, 20, 33, 40, 57, 80, 200] {
            for tall in [0, 1, 5, 6, 7, 9, 12, 24, 60] {
                for signs in [Signs::Unicode, Signs::Ascii] {
                    let lines = draw(&plot, wide, tall, signs);
                    assert_eq!(lines.len(), tall, "{name} at {wide}x{tall}");
                    let widest = lines.iter().map(StyledLine::width).max().unwrap_or(0);
                    assert!(widest <= wide.max(1), "{name} at {wide}x{tall}: {widest}\n{}", text(&lines));
                }
            }
        }
    }
}

/// Only names may have what ASCII has not.
#[test]
fn without_unicode_everything_is_ascii_but_names() {
    for (name, plot) in plots().into_iter().filter(|(name, _)| !name.starts_with("hard")) {
        let drawn = text(&draw(&plot, 100, 30, Signs::Ascii)).replace("mm²", "");
        let odd: Vec<char> = drawn.chars().filter(|c| !c.is_ascii() && *c != '…').collect();
        assert!(odd.is_empty(), "{name}: {odd:?}\n{drawn}");
    }
}

/// Who sees no colours, or has piped it into a file, still tells bars apart.
#[test]
fn series_differ_without_their_colours() {
    let drawn = text(&draw(&Plot::Bars(speedup()), 80, 20, Signs::Unicode));
    let legend = drawn.lines().nth(1).unwrap();
    assert!(legend.starts_with("a█ 256KiB 4  b▒ 512KiB 4  c▓ 1MiB 16"), "{legend}");
    let letters = drawn.lines().rev().nth(1).unwrap();
    assert_eq!(letters.split_whitespace().collect::<String>(), "abcabcabcabc", "{drawn}");
}

#[test]
fn a_bar_that_is_not_there_says_why() {
    let mut table = speedup();
    table.rows[0].cells[0] = missing("segv", "killed by SIGSEGV");
    let drawn = text(&draw(&Plot::Bars(table), 120, 20, Signs::Unicode));
    assert!(drawn.contains("segv"), "{drawn}");
}

#[test]
fn what_has_no_room_is_counted() {
    let mut table = speedup();
    for row in &mut table.rows {
        row.cells = (0..30).map(|at| value(f64::from(at))).collect();
    }
    table.columns = (0..30).map(|at| crate::examples::column(&[&format!("w{at}")])).collect();
    let drawn = text(&draw(&Plot::Bars(table), 60, 20, Signs::Unicode));
    assert!(drawn.contains("of 30 groups have no room here"), "{drawn}");
}

#[test]
fn what_cannot_be_drawn_is_said_in_words() {
    let nothing = draw(&Plot::Bars(crate::examples::nothing()), 40, 10, Signs::Unicode);
    let said = text(&nothing).replace('\n', " ");
    let expected = PlotError::Nothing(String::new()).to_string();
    assert!(said.contains(expected.split_once('`').unwrap().0), "{said}");
    let styles: Vec<SpanStyle> = nothing.iter().flat_map(|line| &line.spans).map(|span| span.style).collect();
    assert!(styles.iter().all(|style| style.dim), "{styles:?}");
}
