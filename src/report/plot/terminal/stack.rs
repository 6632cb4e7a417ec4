//! Stacked bars of blocks. A part is as many lines as are nearest, and says with its letter which one it is.

use super::frame::Frame;
use super::grid::{DIM, PLAIN, style};
use super::upright::{Columns, fill, in_place, left_out, letter, units, zero_of};
use crate::report::plot::PlotError;
use crate::report::plot::scale::ticks;
use crate::report::plot::stacked::Stacked;
use crate::text::{SpanStyle, human};

/// Draws the bars.
pub(super) fn draw(frame: &mut Frame, stacked: &Stacked) -> Result<(), PlotError> {
    let stacks = stacked.stacks()?;
    let series = stacks.groups.iter().map(|group| group.bars.len()).max().unwrap_or(1);
    frame.title(&stacks.measure);
    let look = |part: usize| if stacks.is_rest(part) { DIM } else { style(part) };
    let sign = |frame: &Frame, part: usize| {
        if stacks.is_rest(part) { frame.grid.sign("·", ".") } else { fill(&frame.grid, part) }
    };
    let named = stacks.parts.iter().enumerate();
    let named = named.map(|(part, name)| (format!("{}{}", letter(part), sign(frame, part)), look(part), name.clone()));
    let mut names: Vec<(String, SpanStyle, String)> = named.collect();
    let has_numbers = series > 1;
    if let Some(group) = stacks.groups.first().filter(|_| has_numbers) {
        names.extend(group.bars.iter().enumerate().map(|(at, bar)| (number(at), PLAIN, bar.name.clone())));
    }
    frame.legend(&names);
    let ticks = ticks(0.0, stacks.most);
    let columns = Columns::new(frame, &ticks, stacks.groups.len(), series);
    if !stacks.above.is_empty() {
        frame.below(&format!("parts add up to more than their total: {}", human::some_of(&stacks.above)));
    }
    if columns.groups < stacks.groups.len() {
        frame.below(&left_out(columns.groups, stacks.groups.len(), "groups"));
    }
    if columns.groups == 0 {
        return Ok(());
    }
    let area = frame.axes(&ticks, 1 + usize::from(has_numbers));
    let zero = zero_of(area, &ticks);
    for (at, group) in stacks.groups.iter().enumerate().take(columns.groups) {
        let begin = area.left + columns.begin(at);
        frame.grid.put_within(begin, area.bottom + 1 + usize::from(has_numbers), columns.wide(), &group.name, PLAIN);
        for (at, bar) in group.bars.iter().enumerate() {
            // A free column between bars, if there are enough.
            let (x, wide) = (begin + at * columns.bar, columns.bar - usize::from(columns.bar > 2));
            if has_numbers {
                frame.grid.put(x + (wide - 1) / 2, area.bottom + 1, &number(at), PLAIN);
            }
            let parts = match &bar.parts {
                Ok(parts) => parts,
                Err(word) => {
                    in_place(&mut frame.grid, area, (x, wide), zero, word);
                    continue;
                }
            };
            let (mut from, mut sum) = (0, 0.0);
            for (part, height) in parts.iter().enumerate() {
                sum += height;
                let to = (units(area, &ticks, sum) + 4) / 8;
                for line in from..to {
                    if let Some(y) = area.bottom.checked_sub(line + 1).filter(|y| *y >= area.top) {
                        let sign = sign(frame, part);
                        frame.grid.put(x, y, &sign.repeat(wide), look(part));
                    }
                }
                // Its letter stands in the middle of it.
                if to > from {
                    let y = area.bottom.saturating_sub(usize::midpoint(from, to) + 1).max(area.top);
                    frame.grid.put(x + (wide - 1) / 2, y, &letter(part), PLAIN);
                }
                from = to.max(from);
            }
            if bar.exceeded.is_some() {
                let y = area.bottom.saturating_sub(from + 1).max(area.top);
                frame.grid.put(x + (wide - 1) / 2, y, "!", PLAIN);
            }
        }
    }
    Ok(())
}

/// The number of a bar in its group.
fn number(at: usize) -> String {
    ((at + 1) % 10).to_string()
}
