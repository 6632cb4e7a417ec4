//! Tests of the dashboard: keys in, commands and screens out. No terminal, no engine, no clock.

mod chart;
mod choices;
mod copy;
mod dumps;
mod edits;
mod engines;
mod failures;
mod figures;
mod filter;
mod fixture;
mod go_to;
mod habits;
mod jobs;
mod keys;
mod list;
mod many_stats;
mod random;
mod reading;
mod readme;
mod results;
mod results_reading;
mod screens;
mod sentences;
mod stats;
mod suites;
mod themes;
