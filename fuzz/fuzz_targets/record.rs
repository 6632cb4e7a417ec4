//! Records of any content: what is read and written again is the same record.
#![no_main]

use std::fmt::Debug;

use gem5_tui::rundir::record;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn round<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) {
    let Ok(record) = serde_json::from_slice::<T>(data) else { return };
    let written = serde_json::to_vec(&record).expect("a record that was read can be written");
    let again: T = serde_json::from_slice(&written).expect("a record that was written can be read");
    assert_eq!(again, record);
}

fuzz_target!(|data: &[u8]| {
    round::<record::ExperimentRecord>(data);
    round::<record::Controls>(data);
    round::<record::Cancelled>(data);
    round::<record::LeaseRecord>(data);
    round::<record::Spec>(data);
    round::<record::Started>(data);
    round::<record::PauseLine>(data);
    round::<record::DumpRequest>(data);
    round::<record::Stop>(data);
    round::<record::Retry>(data);
    round::<record::Takeover>(data);
    round::<record::Exit>(data);
    round::<record::ResultRecord>(data);
    round::<record::OutcomeRecord>(data);
});
