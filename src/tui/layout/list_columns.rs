//! The columns of the list, and how wide they are.
//!
//! Their widths decide how the screen is split, so they are worked out here, and `view` draws what comes out. Which columns there are
//! and how wide the list is depends on the size of the terminal, on the plan (names, parameters, what is watched) and on what the
//! user chose, never on what simulations do at the moment: nothing moves under the eyes of who reads.

use crate::text::width::{self, Align};
use crate::tui::model::Model;
use crate::tui::model::sort::Sort;
use crate::tui::widgets::grid;
use crate::tui::widgets::grid::Column;

/// Longer names are cut when the screen is not wide enough for them.
const NAME: usize = 40;

/// So much of a longer name stays, whatever else has no room then.
const NAME_MIN: usize = 24;

/// Columns of the usual words for a status with their sign; longer ones are cut.
const STATUS: usize = 11;

/// Columns of the longest one, where there is room.
const STATUS_WIDE: usize = 14;

/// Columns of a list that has room for the longest words.
const ROOMY: u16 = 90;

/// Columns of a short bar with its number and the time that is left, or of how long it took.
const PROGRESS_MIN: usize = 15;

/// Columns of a long one, or of a cause beside it.
const PROGRESS: usize = 24;

/// Columns of how far it is, where there is room for nothing else.
const DONE: usize = 6;

/// Columns of a value (`human::number`), and of the longest title above one.
pub(crate) const VALUE: (usize, usize) = (8, 12);

/// Longer lists of parameters say more than a table can.
const PARAMETERS: usize = 48;

/// Columns of a value of one parameter.
const PARAMETER: (usize, usize) = (4, 20);

/// Columns before the first one, for the mark and the cursor.
pub(crate) const GUTTER: u16 = 1;

/// Columns of this importance and less have the room that others leave: the list takes none of the log for them.
const WHERE_THERE_IS_ROOM: u8 = 43;

/// Status and name, which are always there and never scrolled away.
pub(crate) const FIXED: usize = 2;

/// Which column it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Status,
    Name,
    Progress,
    /// A stat that the experiment watches.
    Stat(usize),
    /// A stat that the user added.
    Added(usize),
    Try,
    Elapsed,
    Cores,
    Rss,
    /// All parameters together.
    Parameters,
    /// One parameter.
    Parameter(String),
}

impl Kind {
    /// What it is called where choices are kept. It stays as it is, because files of users have it.
    pub(crate) fn key(&self, model: &Model) -> String {
        let of =
            |names: Option<&Vec<String>>, at: usize| names.and_then(|names| names.get(at)).cloned().unwrap_or_default();
        match self {
            Self::Status => "status".to_owned(),
            Self::Name => "name".to_owned(),
            Self::Progress => "progress".to_owned(),
            Self::Stat(at) => format!("stat:{}", of(model.header.as_ref().map(|view| &view.header.watch), *at)),
            Self::Added(at) => format!("stat:{}", of(Some(&model.columns.names), *at)),
            Self::Try => "try".to_owned(),
            Self::Elapsed => "elapsed".to_owned(),
            Self::Cores => "cores".to_owned(),
            Self::Rss => "rss".to_owned(),
            Self::Parameters => "parameters".to_owned(),
            Self::Parameter(name) => format!("parameter:{name}"),
        }
    }

    /// Whether it is there unless the user says otherwise.
    pub(crate) fn is_usual(&self) -> bool {
        !matches!(self, Self::Parameter(_))
    }

    /// What it orders the list by. None of all parameters together, unless there is only one.
    pub(crate) fn order(&self, model: &Model) -> Option<Sort> {
        Some(match self {
            Self::Status => Sort::Status,
            Self::Name => Sort::Name,
            Self::Progress => Sort::Progress,
            Self::Stat(at) => Sort::Stat(*at),
            Self::Added(at) => Sort::Added(*at),
            Self::Try => Sort::Try,
            Self::Elapsed => Sort::Elapsed,
            Self::Cores => Sort::Cores,
            Self::Rss => Sort::Rss,
            Self::Parameter(name) => Sort::Parameter(name.clone()),
            Self::Parameters => match model.list.parameters().as_slice() {
                [only] => Sort::Parameter(only.clone()),
                _ => return None,
            },
        })
    }

    /// Whether the list is ordered by it.
    pub(crate) fn is_order(&self, sort: &Sort) -> bool {
        match (self, sort) {
            (Self::Stat(a), Sort::Stat(b)) | (Self::Added(a), Sort::Added(b)) => a == b,
            (Self::Parameter(a), Sort::Parameter(b)) => a == b,
            (Self::Status, Sort::Status)
            | (Self::Name, Sort::Name)
            | (Self::Progress, Sort::Progress)
            | (Self::Try, Sort::Try)
            | (Self::Elapsed, Sort::Elapsed)
            | (Self::Cores, Sort::Cores)
            | (Self::Rss, Sort::Rss)
            | (Self::Parameters, Sort::Parameter(_)) => true,
            _ => false,
        }
    }
}

/// The columns of a list that is so wide: which they are, what they ask for, and what they get.
#[derive(Debug, Default)]
pub(crate) struct ListColumns {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) columns: Vec<Column>,
    /// None of a column that is not drawn.
    pub(crate) widths: Vec<Option<u16>>,
    /// How many that the user wants to see are scrolled away on the left.
    pub(crate) left: usize,
    /// How many have no room.
    pub(crate) right: usize,
}

/// Columns that the list takes when nothing important is cut.
pub(crate) fn natural_width(model: &Model) -> usize {
    let wanted = all(model, u16::MAX).into_iter().filter(|(kind, column)| {
        column.priority < WHERE_THERE_IS_ROOM && model.choice.shows(&kind.key(model), kind.is_usual())
    });
    let columns: Vec<Column> = wanted.map(|(_, column)| column).collect();
    grid::ideal_width(&columns) + usize::from(GUTTER)
}

/// Every column that there is, whether or not it is chosen, for a list that is so wide.
pub(crate) fn all(model: &Model, room: u16) -> Vec<(Kind, Column)> {
    let column = |title: &str, min: usize, ideal: usize, priority: u8, align: Align| {
        Column::new(title, min as u16, ideal as u16, priority, align)
    };
    let extent = model.list.extent();
    let name = if model.list.is_nested() { extent.label() } else { extent.name() };
    let name = name.min(NAME);
    let short = name.clamp(8, NAME_MIN);
    // How far it is matters more than a picture of it, and so does the first stat.
    let stats = !model.columns.titles.is_empty() || model.header.as_ref().is_some_and(|view| !view.titles.is_empty());
    let first = if stats { VALUE.0 + usize::from(grid::GAP) } else { 0 };
    let wide = STATUS + short + PROGRESS_MIN + 2 * usize::from(grid::GAP) + first <= usize::from(room);
    let (title, progress) = if wide { ("progress", PROGRESS_MIN) } else { ("done", DONE) };
    // Where there is room for many columns, no word is cut for one more.
    let wide_enough = room >= ROOMY;
    let mut columns = vec![
        (Kind::Status, column("status", if wide_enough { STATUS_WIDE } else { STATUS }, STATUS_WIDE, 0, Align::Left)),
        (Kind::Name, column("name", short, name, 1, Align::Left)),
        (Kind::Progress, column(title, progress, PROGRESS, 2, Align::Left)),
    ];
    let stat = |title: &str, priority: u8| {
        column(title, VALUE.0, width::width(title).clamp(VALUE.0, VALUE.1), priority, Align::Right)
    };
    for (at, title) in model.header.iter().flat_map(|header| header.titles.iter().enumerate()) {
        // What is watched matters more than the run time, which an ended simulation shows as its progress.
        columns.push((Kind::Stat(at), stat(title, 4 + u8::try_from(at.min(20)).unwrap_or(20))));
    }
    for (at, title) in model.columns.titles.iter().enumerate() {
        // Whoever adds a column wants to see it before those of the experiment.
        columns.push((Kind::Added(at), stat(title, 3)));
    }
    columns.push((Kind::Try, column("try", 3, 3, 46, Align::Right)));
    columns.push((Kind::Elapsed, column("elapsed", 7, 8, 40, Align::Right)));
    columns.push((Kind::Cores, column("cores", 5, 5, 43, Align::Right)));
    columns.push((Kind::Rss, column("RSS", 8, 8, 44, Align::Right)));
    if extent.parameters() > 0 {
        let ideal = extent.parameters().min(PARAMETERS);
        columns.push((Kind::Parameters, column("parameters", 12, ideal, 50, Align::Left)));
    }
    for (name, widest) in model.list.axes() {
        let title = crate::text::Safe::line(name);
        let ideal = width::width(&title).max(widest).clamp(PARAMETER.0, PARAMETER.1);
        columns.push((Kind::Parameter(name.to_owned()), column(&title, ideal.min(8), ideal, 3, Align::Left)));
    }
    columns
}

/// The columns of a list that is so wide.
pub(crate) fn columns(model: &Model, room: u16) -> ListColumns {
    let (kinds, columns): (Vec<Kind>, Vec<Column>) = all(model, room).into_iter().unzip();
    let shows = |at: usize| at < FIXED || model.choice.shows(&kinds[at].key(model), kinds[at].is_usual());
    let mut wanted: Vec<usize> = (0..kinds.len()).filter(|at| shows(*at)).collect();
    // The last one is never scrolled away.
    let left = model.choice.left.min(wanted.len().saturating_sub(FIXED + 1));
    wanted.drain(FIXED.min(wanted.len())..(FIXED + left).min(wanted.len()));
    let mut asked: Vec<Column> = wanted.iter().map(|at| columns[*at].clone()).collect();
    if left > 0 {
        // Who scrolls wants to see what comes next, whatever is more important.
        for (at, column) in asked.iter_mut().enumerate() {
            column.priority = u8::try_from(at).unwrap_or(u8::MAX);
        }
    }
    let fitted = grid::fit(&asked, room);
    let mut widths = vec![None; kinds.len()];
    for (at, width) in wanted.iter().zip(&fitted) {
        widths[*at] = *width;
    }
    let right = fitted.iter().filter(|width| width.is_none()).count();
    ListColumns { kinds, columns, widths, left, right }
}

/// Which stats have a column in a list that is so wide: those of the experiment, then those that the user added.
pub(crate) fn shown_stats(model: &Model, room: u16) -> Vec<bool> {
    let ListColumns { kinds, widths, .. } = columns(model, room);
    let is_stat = |kind: &Kind| matches!(kind, Kind::Stat(_) | Kind::Added(_));
    kinds.iter().zip(widths).filter(|(kind, _)| is_stat(kind)).map(|(_, width)| width.is_some()).collect()
}
