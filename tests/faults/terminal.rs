//! F1–F3, F55, F56: terminals that vanish, shrink or were never there.
