//! How a user has arranged the list of an experiment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is remembered of the list of one experiment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListChoices {
    /// Which columns are shown or hidden against what is usual.
    pub columns: BTreeMap<String, bool>,
    /// The filters that were given a name.
    pub filters: BTreeMap<String, String>,
}
