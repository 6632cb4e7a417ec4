//! How much was done, so that a test can tell that one changed row costs one row.

use std::cell::Cell;

thread_local! {
    /// Comparisons of two rows.
    pub(in crate::tui) static COMPARED: Cell<usize> = const { Cell::new(0) };
    /// Tables of results whose rows were put in order.
    pub(in crate::tui) static ARRANGED: Cell<usize> = const { Cell::new(0) };
    /// Names of stats that a filter looked at.
    pub(in crate::tui) static FITTED: Cell<usize> = const { Cell::new(0) };
    /// Rows that a filter looked at.
    pub(in crate::tui) static FILTERED: Cell<usize> = const { Cell::new(0) };
}
