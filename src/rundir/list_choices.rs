//! How a user has arranged the list of an experiment, and the panes.

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
    /// The parameters by which the list is grouped.
    pub groups: Vec<String>,
    /// How much of the screen the list has.
    pub panes: Panes,
}

/// How much of the screen the list has, in thousandths; none where nobody has said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Panes {
    /// Of its columns, where the panes stand side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across: Option<u16>,
    /// Of its rows, where they stand one above the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<u16>,
}
