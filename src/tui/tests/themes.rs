//! Every screen in every theme: the same text, and colours only where they may be.

use ratatui::style::{Color, Modifier};

use super::fixture::Dash;
use crate::tui::theme::{Colours, Glyph};
use crate::tui::update::Message;

/// Keys that lead to screens of all kinds.
const SCREENS: [&str; 10] = ["", "2", "3", "4", "5", "6", "?", ":", "qj", "<space>c"];

#[test]
fn a_theme_changes_colours_and_no_text() {
    for keys in SCREENS {
        let screen = |colours: Colours| {
            let mut dash = Dash::running(120, 40);
            dash.model.theme.colours = colours;
            dash.keys(keys);
            dash.text()
        };
        let text = screen(Colours::Dark);
        for colours in [Colours::Light, Colours::Contrast, Colours::Ansi] {
            assert_eq!(screen(colours), text, "{colours:?} {keys:?}");
        }
    }
}

#[test]
fn each_theme_keeps_to_its_colours_on_every_screen() {
    for keys in SCREENS {
        for colours in Colours::ALL {
            let mut dash = Dash::running(120, 40);
            dash.model.theme.colours = colours;
            dash.keys(keys);
            let buf = dash.draw();
            for cell in &buf.content {
                let used = [cell.fg, cell.bg];
                let fits = match colours {
                    Colours::None => used == [Color::Reset; 2],
                    Colours::Ansi => used.iter().all(|colour| !matches!(colour, Color::Indexed(16..) | Color::Rgb(..))),
                    // The ground is the terminal's, whatever it is.
                    Colours::Dark | Colours::Light => true,
                    Colours::Contrast => used.iter().all(|colour| *colour != Color::Reset),
                };
                assert!(fits, "{colours:?} {keys:?}: {:?} {used:?}", cell.symbol());
            }
        }
    }
}

#[test]
fn the_ground_that_the_terminal_tells_chooses_the_theme() {
    let mut dash = Dash::running(120, 40);
    dash.model.dirty = false;
    dash.send(Message::Ground { light: false });
    assert!(!dash.model.dirty, "it is dark already");
    dash.send(Message::Ground { light: true });
    assert_eq!((dash.model.theme.colours, dash.model.dirty), (Colours::Light, true));
}

#[test]
fn nothing_is_faint_on_the_ground_of_the_cursor() {
    for colours in Colours::ALL {
        let mut dash = Dash::running(120, 40);
        dash.model.theme.colours = colours;
        // An action that would do nothing now stands in faint letters, and here is the first.
        dash.keys(":dump");
        let buf = dash.draw();
        let cursor = dash.model.theme.glyph(Glyph::Cursor);
        // It stands behind the frame; further on the same sign may be part of a bar.
        let has_cursor = |y: &u16| buf[(1, *y)].symbol() == cursor;
        let mut seen = 0;
        for y in (0..buf.area.height).filter(has_cursor) {
            seen += 1;
            let is_edge = |x: &u16| matches!(buf[(*x, y)].symbol(), "│" | "┃");
            let cells: Vec<u16> = (2..buf.area.width).take_while(|x| !is_edge(x)).collect();
            assert!(cells.len() > 20);
            let is_faint = |x: &u16| buf[(*x, y)].modifier.contains(Modifier::DIM);
            assert!(!cells.iter().any(is_faint), "{colours:?}\n{}", dash.text());
        }
        assert!(seen >= 2, "the list and the palette have one each");
    }
}
