//! The simulations in whose logs something was found.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::text::{Safe, human, width};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::grep::GrepSearch;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::reading::GrepHit;
use crate::tui::theme::{Glyph, Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use crate::tui::widgets::{Spans, grid, put_spans};

/// Columns for names at most: the line that was found needs the rest.
const WIDEST_NAME: usize = 36;

/// Draws the list.
pub(super) fn draw(model: &Model, buf: &mut Buffer, spots: &mut Spots) {
    let Some(search) = &model.grep.search else { return };
    let screen = *buf.area();
    let theme = model.theme;
    let height = screen.height.saturating_sub(2).max(1);
    let area = Rect::new(screen.x, screen.y + u16::from(screen.height > 2), screen.width, height);
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    buf.set_style(area, theme.style(Role::Text));
    if area.width < 12 || area.height < 3 {
        return;
    }
    let dot = part(theme, Role::Dim, format!("{} ", theme.glyph(Glyph::Dot)));
    let left = vec![
        (" Logs ".to_owned(), title_style(theme, true)),
        part(theme, Role::Accent, format!("/{} ", search.text)),
        dot,
        part(theme, Role::Text, format!("{} ", told(search))),
    ];
    let key = |action| model.key(action);
    let (open, other, mark, close) = (key(Action::Accept), key(Action::Find), key(Action::Mark), key(Action::Back));
    let ends = if search.runs { "ends" } else { "closes" };
    let keys = format!(" {open} reads the log  {other} searches for something else  {mark} marks all  {close} {ends} ");
    let bottom_right = vec![part(theme, Role::Dim, keys)];
    draw_frame(theme, area, true, &Titles { left, bottom_right, ..Titles::default() }, buf);
    let inner = Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2);
    if search.hits.is_empty() {
        let (what, advice) = if search.runs {
            ("Searching", format!("{close} ends it"))
        } else {
            ("No line matches", format!("{other} searches for something else"))
        };
        return grid::draw_message(buf, inner, &[(what, theme.style(Role::Text)), (&advice, theme.style(Role::Dim))]);
    }
    let rows = usize::from(inner.height);
    let offset = search.at.saturating_sub(rows / 2).min(search.hits.len().saturating_sub(rows));
    let names = search.hits.iter().skip(offset).take(rows).map(|hit| width::width(&hit.name));
    let name_width = names.max().unwrap_or(0).min(WIDEST_NAME).min(usize::from(inner.width) / 2);
    for (line, (at, hit)) in search.hits.iter().enumerate().skip(offset).take(rows).enumerate() {
        let row = Rect { y: inner.y + line as u16, height: 1, ..inner };
        put_spans(buf, row.x, row.y, row.width, &summary(model, hit, name_width));
        spots.note(row, Spot::Choice(at));
        if at == search.at {
            mark_cursor(theme, row, true, buf);
        }
    }
    mark_scrolled(theme, area, true, offset..offset + rows, search.hits.len(), buf);
}

/// How far the search is, and what it has found.
fn told(search: &GrepSearch) -> String {
    let lines = human::plural(search.lines(), "line");
    let simulations = human::plural(search.hits.len() as u64, "simulation");
    let all = human::count(search.targets.len() as u64);
    let mut told = format!("{lines} in {simulations} of {all}");
    if search.runs {
        let part = search.searched as f64 / search.targets.len().max(1) as f64;
        told = format!("{told}, searched {}", human::percent(part));
    } else if search.searched < search.targets.len() {
        told = format!("{told}, ended after {}", human::count(search.searched as u64));
    }
    if search.unread > 0 {
        told = format!("{told}, {} not read", human::plural(search.unread as u64, "file"));
    }
    told
}

fn summary(model: &Model, hit: &GrepHit, name_width: usize) -> Spans {
    let theme = model.theme;
    let row = model.list.named(&hit.name).and_then(|id| model.list.rows().get(&id));
    let (glyph, role) = row.map_or((" ", Role::Dim), |row| theme.status(&row.view.status));
    let file = hit.file.strip_prefix("m5out").unwrap_or(&hit.file).to_string_lossy();
    let name = width::fit(&Safe::line(&hit.name), name_width, width::Align::Left);
    vec![
        part(theme, Role::Title, format!("{:>7} ", human::count(hit.lines))),
        part(theme, role, format!("{glyph} ")),
        part(theme, Role::Text, format!("{name}  ")),
        part(theme, Role::Dim, Safe::line(&format!("{file}:{} ", hit.number)).into_string()),
        part(theme, Role::Text, hit.text.as_str()),
    ]
}
