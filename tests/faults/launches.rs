//! F24–F27, F54, F57, F58: launches.
