//! Columns that the user adds to the list and takes away again.

use super::say::tell;
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::sort::Sort;
use crate::tui::model::titles::stat_titles;
use crate::tui::model::{Model, stats};
use crate::tui::reading::ColumnsReading;

/// More columns than this fit no screen, and each costs a look into every dump.
const MAX_COLUMNS: usize = 8;

/// Adds the stat under the cursor to the columns, or takes it away again.
pub(super) fn toggle(model: &mut Model) {
    let name = stats::item(&model.stats, model.stats.selected).and_then(|item| item.name().cloned());
    let Some(name) = name.map(Safe::into_string) else {
        return tell(model, Safe::plain("this is a group; open it and choose a stat"), true);
    };
    let key = model.key(Action::ToggleColumn);
    let columns = &mut model.columns;
    let text = if let Some(at) = columns.names.iter().position(|known| *known == name) {
        columns.names.remove(at);
        // What a column held says nothing about the one that takes its place.
        columns.forget();
        format!("{name} is no longer a column")
    } else if columns.names.len() >= MAX_COLUMNS {
        let text = format!("{MAX_COLUMNS} columns are enough; {key} on one of them takes it away");
        return tell(model, Safe::line(&text), true);
    } else {
        columns.names.push(name.clone());
        columns.forget();
        format!("{name} is a column until you leave; `watch:` in the file keeps it")
    };
    columns.titles = stat_titles(&columns.names);
    if matches!(model.list.sort(), Sort::Added(_)) {
        model.list.set_sort(Sort::default(), &model.columns);
    }
    tell(model, Safe::line(&text), false);
}

/// Takes what was read, unless the columns are others by now.
pub(super) fn take(model: &mut Model, reading: ColumnsReading) {
    if reading.names == model.columns.names {
        model.columns.put(reading.attempt, reading.values);
        if matches!(model.list.sort(), Sort::Added(_)) {
            model.list.place(vec![reading.id], &model.columns);
        }
    }
}
