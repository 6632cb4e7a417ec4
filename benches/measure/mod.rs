//! What the benchmarks of decisions share: how long something takes, and how that is told.

use std::time::Instant;

/// The rounds that the user asks for, or else so many. Tells them, and how busy the machine is.
pub(crate) fn rounds(usual: u32) -> u32 {
    let asked = std::env::args().skip(1).find(|word| word != "--bench");
    let rounds = asked.map_or(usual, |rounds| rounds.parse().expect("the number of rounds"));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{rounds} rounds, load {}; medians", load.split(' ').next().unwrap_or("unknown"));
    rounds
}

/// How long something took, in microseconds.
pub(crate) fn time(act: impl FnOnce()) -> f64 {
    let started = Instant::now();
    act();
    started.elapsed().as_secs_f64() * 1e6
}

/// Tells the median, since a busy machine makes some rounds long.
pub(crate) fn tell(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    println!("  {what:44} {:10.1} µs", times[times.len() / 2]);
}
