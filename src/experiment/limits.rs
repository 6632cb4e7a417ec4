//! How much a file may ask for.
//!
//! A few characters can ask for everything that a machine has: a text that is filled in a thousand times, an alias of an alias,
//! a product of axes. So what a file becomes is counted while it is made, and refused with its place long before memory or
//! patience ends. All bounds stand here. A sensible experiment of ten thousand simulations is an order of magnitude below each.

/// 4 MiB: a file with 10,000 simulations, each written out in ten lines, has about 3 MiB.
pub const MAX_BYTES: usize = 4 << 20;
/// Values and keys after aliases are expanded, what is marked for aliases once more. A file of [`MAX_BYTES`] with a value every
/// eight bytes has as many; only aliases of aliases have more.
pub(super) const MAX_NODES: u32 = 1 << 19;
/// 16 MiB: the text of all values and keys after aliases are expanded.
pub(super) const MAX_TEXT: usize = 16 << 20;
/// Lists in maps in lists. The deepest sensible file has about ten levels; the library itself gives up at 128.
pub(super) const MAX_DEPTH: usize = 48;
/// Simulations of one experiment. The engine and the screen are made for ten thousand.
pub const MAX_POINTS: usize = 100_000;
/// Points that all sweeps together have before some are excluded.
pub(super) const MAX_PRODUCTS: usize = 5 * MAX_POINTS;
/// Comparisons of points with `exclude`.
pub(super) const MAX_COMPARISONS: usize = 5_000_000;
/// Values of all ranges of a file together. A range of a few characters has a hundred thousand.
pub(super) const MAX_RANGE_VALUES: usize = 5 * MAX_POINTS;
/// Axes of a sweep, and constants of a simulation.
pub(super) const MAX_PARAMETERS: usize = 256;
/// 64 KiB: the parameters of one simulation. They stand in its row, which travels in one message.
pub(super) const MAX_ROW: usize = 64 << 10;
/// Columns of the list, and 64 KiB for their names: they stand in the header, which travels in one message.
pub(super) const MAX_WATCHED: (usize, usize) = (1_000, 64 << 10);
/// Items of a list of conditions.
pub(super) const MAX_CONDITIONS: usize = 1_000;
/// Different expressions that logs are searched for, and how many of them may be large when compiled.
pub(super) const MAX_EXPRESSIONS: (usize, usize) = (10_000, 32);
/// The longest text of an argument or a variable, its name and its end included: the kernel takes no longer one (`MAX_ARG_STRLEN`,
/// execve(2)).
pub(super) const MAX_ARGUMENT: usize = 128 << 10;
/// 56 MiB: the plan as it is recorded. Ten thousand simulations make about 15 MiB.
pub const MAX_PLAN_BYTES: usize = 56 << 20;
/// "Needs" of all simulations together: a hundred for each of ten thousand.
pub(super) const MAX_NEEDS: usize = 1_000_000;
/// Names that globs of `needs` are compared with, for all of them together.
pub(super) const MAX_LOOKS: usize = 6_000_000;
/// Steps of comparing a slip with names that exist. Later slips get no proposal.
pub(super) const MAX_GUESSES: usize = 200_000_000;

/// What an item of a list costs in memory beside its text.
pub(super) const ITEM: usize = 32;
