//! What lies over the panes: the help, the actions and outputs that words find, the failures by reason, the dumps and the questions. The prompt
//! lives in the footer.

mod begin;
mod cell_box;
mod column_menu;
mod confirm;
mod dump_list;
mod failure_list;
mod grep_list;
mod group_menu;
mod key_help;
mod map;
mod menu;
mod output_list;
mod palette_list;
mod quit;
mod sort_menu;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::widgets::{Clear, Widget};

use super::frame::{Titles, draw_frame};
use crate::text::width;
use crate::tui::actions::{Action, Context};
use crate::tui::layout::Areas;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Model, Overlay};
use crate::tui::theme::{Role, part, title_style};
use crate::tui::widgets::{Spans, put_spans, spans_width};

/// Draws what lies over the panes, if anything does.
pub(super) fn draw(model: &Model, areas: &Areas, buf: &mut Buffer, spots: &mut Spots) {
    if !matches!(model.overlay, None | Some(Overlay::Prompt(_))) {
        // The keys below it are about it.
        spots.note(Rect { height: buf.area.height - areas.footer.height, ..buf.area }, Spot::Outside);
    }
    match &model.overlay {
        Some(Overlay::Help(help)) => key_help::draw(model, help, buf, spots),
        Some(Overlay::Palette(palette)) => palette_list::draw(model, palette, buf, spots),
        Some(Overlay::Outputs(choice)) => output_list::draw(model, choice, buf, spots),
        Some(Overlay::Sort { at }) => sort_menu::draw(model, *at, buf, spots),
        Some(Overlay::Columns { at }) => column_menu::draw(model, *at, buf, spots),
        Some(Overlay::Map) => map::draw(model, buf, spots),
        Some(Overlay::Groups { at }) => group_menu::draw(model, *at, buf, spots),
        Some(Overlay::Failures(failures)) => failure_list::draw(model, failures, buf, spots),
        Some(Overlay::Grep) => grep_list::draw(model, buf, spots),
        Some(Overlay::Cell { offset }) => cell_box::draw(model, *offset, buf, spots),
        Some(Overlay::Dumps { focused }) => dump_list::draw(model, *focused, buf, spots),
        Some(Overlay::Confirm(confirm)) => confirm::draw(model, confirm, buf, spots),
        Some(Overlay::Begin { choice }) => begin::draw(model, *choice, buf, spots),
        Some(Overlay::Quit { choice }) => quit::draw(model, *choice, buf, spots),
        Some(Overlay::Prompt(_)) | None => {}
    }
}

/// Columns inside a box for its lines: what is said there must be read whole, so it is wrapped and never cut.
fn inner_width(model: &Model) -> usize {
    usize::from(model.width).saturating_sub(6).clamp(1, MAX_INNER)
}

/// Lines of a dialog longer than this are hard to read.
const MAX_INNER: usize = 76;

/// The choices of a question as buttons, each with its key: beside one another, or one below the other on a narrow screen.
struct Buttons {
    lines: Vec<Spans>,
    /// The line of each, its first column there, and its columns.
    places: Vec<(usize, u16, u16)>,
}

impl Buttons {
    /// Those of actions with their words, and whether it is the focused one.
    fn new(model: &Model, choices: &[(Action, &str, bool)]) -> Self {
        let theme = model.theme;
        let button = |(action, word, is_focused): &(Action, &str, bool)| -> Spans {
            let key = model.keymap.word(&[Context::Dialog], *action, theme.unicode);
            let focused = theme.style(Role::Title).add_modifier(Modifier::REVERSED);
            let on = |role: Role| if *is_focused { focused } else { theme.style(role) };
            vec![
                ("[ ".to_owned(), on(Role::Dim)),
                (key, on(Role::Accent)),
                (format!(" {word}"), on(Role::Text)),
                (" ]".to_owned(), on(Role::Dim)),
            ]
        };
        let buttons: Vec<Spans> = choices.iter().map(button).collect();
        let columns: Vec<usize> = buttons.iter().map(|button| spans_width(button)).collect();
        let gaps = buttons.len().saturating_sub(1);
        let free = inner_width(model).checked_sub(columns.iter().sum());
        let gap = free.filter(|free| *free >= gaps).map(|free| (free / gaps.max(1)).min(3));
        let of = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
        let Some(gap) = gap else {
            let places = columns.iter().enumerate().map(|(line, wide)| (line, 0, of(*wide))).collect();
            return Self { lines: buttons, places };
        };
        let begins = columns.iter().scan(0, |x, wide| {
            let begin = *x;
            *x += wide + gap;
            Some((0, of(begin), of(*wide)))
        });
        let places = begins.collect();
        Self { lines: vec![buttons.join(&part(theme, Role::Text, " ".repeat(gap)))], places }
    }

    /// Where each stands that is seen, by its place among them, if the first line of them is this one of those that were drawn.
    fn seen(&self, first: usize, drawn: &[(usize, Rect)]) -> Vec<(usize, Rect)> {
        let place = |(at, (line, x, wide)): (usize, &(usize, u16, u16))| {
            let (_, row) = drawn.iter().find(|(drawn, _)| *drawn == first + line)?;
            Some((at, Rect { x: row.x.saturating_add(*x), width: *wide, ..*row }.intersection(*row)))
        };
        self.places.iter().enumerate().filter_map(place).collect()
    }
}

/// Lines of a screen that is too low for a footer below a dialog.
const LOWEST: u16 = 8;

/// Draws a box with a title and lines in the middle of the screen. When the screen is too low, empty lines are dropped first and then
/// those above `fixed` from the end, so that the choices stay. Gives the lines that are seen, and where they stand.
fn draw_box(
    model: &Model,
    title: &str,
    lines: &[Spans],
    fixed: usize,
    buf: &mut Buffer,
    spots: &mut Spots,
) -> Vec<(usize, Rect)> {
    let mut screen = *buf.area();
    if screen.height > LOWEST {
        // The keys of the dialog stand in the footer.
        screen.height -= 1;
    }
    let title = width::truncate(title, usize::from(screen.width).saturating_sub(6));
    let widest = lines.iter().map(|line| spans_width(line)).max().unwrap_or(0).max(width::width(&title));
    let width = u16::try_from(widest + 6).unwrap_or(u16::MAX).min(screen.width);
    let framed = screen.height >= 5 && screen.width >= 10;
    let border = if framed { 2 } else { 0 };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(border).min(screen.height);
    let area = Rect::new((screen.width - width) / 2, (screen.height - height) * 2 / 5, width, height);
    Clear.render(area, buf);
    buf.set_style(area, model.theme.style(Role::Text));
    spots.note(area, Spot::Inside);
    let mut inner = area;
    if framed {
        let left = vec![(format!(" {title} "), title_style(model.theme, true))];
        draw_frame(model.theme, area, true, &Titles { left, ..Titles::default() }, buf);
        inner = Rect::new(area.x + 3, area.y + 1, area.width.saturating_sub(6), area.height - 2);
    }
    let room = usize::from(inner.height);
    let head = lines.len().saturating_sub(fixed);
    let mut kept: Vec<usize> = (0..lines.len()).collect();
    while kept.len() > room
        && let Some(at) = kept.iter().rposition(|line| lines[*line].is_empty())
    {
        kept.remove(at);
    }
    let dropped = kept.len().saturating_sub(room);
    let heads = kept.iter().filter(|line| **line < head).count();
    // Text goes before choices do, and nobody must take what is left for all of it.
    let texts = heads.saturating_sub(dropped);
    let is_cut = dropped > 0 && texts < heads;
    let more = vec![part(model.theme, Role::Dim, "…")];
    let mut seen = Vec::new();
    let shown = kept[..texts].iter().chain(&kept[heads.max(dropped)..]).copied();
    for (at, line) in shown.take(room).enumerate() {
        let place = Rect { y: inner.y + at as u16, height: 1, ..inner };
        let is_sign = is_cut && at + 1 == texts;
        put_spans(buf, place.x, place.y, place.width, if is_sign { &more } else { &lines[line] });
        if !is_sign {
            seen.push((line, place));
        }
    }
    seen
}
