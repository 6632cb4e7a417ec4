//! Columns that the user adds to the list and takes away again.

use super::say::tell;
use crate::gem5::stats::Watch;
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::layout::list_columns::shown_stats;
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
    if !model.columns.names.contains(&name)
        && let Some(glob) = watched_by(model, &name)
    {
        let text = format!("{name} is a column already: `{glob}` of `watch:` in the file{}", without_room(model, None));
        return tell(model, Safe::line(&text), false);
    }
    let before = shown(model);
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
    // They are told apart from those of the experiment, too.
    let watch = model.header.as_ref().map_or(&[][..], |header| &header.header.watch);
    columns.titles = stat_titles(&[watch, &columns.names].concat()).split_off(watch.len());
    let watched = model.header.as_ref().map(|header| header.titles.as_slice()).unwrap_or_default();
    model.list.set_stats(watched, &model.columns);
    let added = model.columns.names.last() == Some(&name);
    let text = if added { text + &without_room(model, Some(&before)) } else { text };
    if matches!(model.list.sort(), Sort::Added(_)) {
        model.list.set_sort(Sort::default(), false, &model.columns);
    }
    tell(model, Safe::line(&text), false);
}

/// The glob of the experiment whose column shows this stat: that of its first match in the dump.
fn watched_by(model: &Model, name: &str) -> Option<String> {
    let globs = &model.header.as_ref()?.header.watch;
    let watch = Watch::new(globs).ok()?;
    let all = &model.stats.reading.as_ref()?.all;
    let shows = |at: &usize| {
        let first = all.iter().find(|stat| stat.value.is_some() && watch.matches_at(*at, &stat.name));
        first.is_some_and(|stat| stat.name.as_str() == name)
    };
    globs.get((0..globs.len()).find(shows)?).cloned()
}

/// The titles of the columns of stats that the list has room for.
fn shown(model: &Model) -> Vec<Safe> {
    let room = Areas::of(model).list_columns();
    let watched = model.header.iter().flat_map(|header| &header.titles);
    let titles = watched.chain(&model.columns.titles);
    titles.zip(shown_stats(model, room)).filter(|(_, shown)| *shown).map(|(title, _)| title.clone()).collect()
}

/// What there is to say of room: that a column has none, or takes that of others which were shown `before`.
fn without_room(model: &Model, before: Option<&[Safe]>) -> String {
    if Areas::of(model).list.area() == 0 {
        return String::new();
    }
    let zoom = model.key(Action::Zoom);
    let now = shown(model);
    let added = model.columns.titles.last().filter(|title| before.is_some() && !now.contains(title));
    if added.is_some() && before.is_some_and(|before| before.len() <= now.len()) {
        return format!("; it does not fit, {zoom} in the list shows it");
    }
    let gone: Vec<&str> =
        before.unwrap_or_default().iter().filter(|title| !now.contains(title)).map(Safe::as_str).collect();
    match gone[..] {
        [] => String::new(),
        _ => format!("; {} makes room for it, {zoom} in the list shows all", gone.join(", ")),
    }
}

/// Takes what was read, unless the columns are others by now.
pub(super) fn take(model: &mut Model, reading: ColumnsReading) {
    if reading.names == model.columns.names {
        model.columns.put(reading.attempt, reading.values);
        if matches!(model.list.sort(), Sort::Added(_)) || model.list.filters_by_stats() {
            model.list.place(vec![reading.id], &model.columns);
        }
    }
}
