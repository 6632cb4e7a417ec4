//! F4–F12: roles that are killed.
