//! The whole program with real processes: engines, shims and simulations as a user has them.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

mod allocation;
mod analyses;
mod beside_pandas;
mod compare;
mod dumps;
mod edited;
mod engines;
mod executors;
mod figures;
mod foreign;
mod forgotten;
mod forms;
mod grep;
mod growth;
mod handover;
mod init;
mod labs;
mod launcher;
mod limits;
mod many;
mod multisim;
mod needs;
mod notices;
mod obstacles;
mod outputs;
mod provenance;
mod recovery;
mod report;
mod requested;
mod run;
mod saved_views;
mod scripts;
mod selection;
mod several_dumps;
mod shards;
mod shell;
#[expect(dead_code, reason = "the faults need more of the stage than the tests of every day")]
mod stage;
mod stages;
mod steps;
mod suite_values;
mod suites;
mod tables;
mod three;
mod verbs;
mod without_engine;
