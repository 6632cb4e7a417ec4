//! F49–F53: clocks, edits, names, arguments, secrets.

mod links;
mod names;
