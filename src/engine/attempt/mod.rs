//! One attempt from the decision to launch it to its end, as far as files are concerned.
//!
//! [`prepare`] makes its directory and writes what to launch, with what surrounds it ([`provenance`]); [`launch`] has it
//! started and followed by an executor; [`ending`] tells how it ended; [`held`] keeps the way to its directory; [`observe`] looks at its logs, stats and processes while it lives, and [`size`] at what
//! it has written. All of it happens in tasks and threads of its own and comes back to the loop as events.
//!
//! The awkward truth: the disk may fail or hang at any of these steps, so each says whether the machine was at fault.

pub mod ending;
pub mod held;
pub mod launch;
pub mod observe;
pub mod prepare;
pub mod provenance;
pub mod size;
