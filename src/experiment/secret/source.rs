//! Which places of an experiment file hold secrets.
//!
//! A message shows the line that it is about, and a file in one line per simulation has its variables there. Messages are
//! read by others than the user: they end up in the log of a nightly build, or in a question to a colleague.

use super::{form, may_be_shown};
use crate::experiment::template::is_parameter_name;
use crate::experiment::yaml::{Entry, Kind, Node, NodeId};

/// The key of a map of variables.
const VARIABLES: &str = "env";

/// The values that no message may show.
pub(in crate::experiment) fn hidden(root: &Node) -> Vec<NodeId> {
    let mut found = Vec::new();
    collect(root, false, &mut found);
    found
}

fn collect(node: &Node, are_variables: bool, found: &mut Vec<NodeId>) {
    match &node.kind {
        Kind::Scalar(scalar) if form::url_with_secret(&scalar.text) => found.push(node.id),
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter().for_each(|item| collect(item, are_variables, found)),
        Kind::Map(entries) => {
            for Entry { key, value } in entries {
                let name = key.as_scalar().map_or("", |key| key.text.as_str());
                match value.as_scalar() {
                    Some(scalar) if are_variables && is_placeholder(&scalar.text) => {}
                    Some(scalar) if are_variables && !may_be_shown(name, &scalar.text) => found.push(value.id),
                    // A map that is merged into the variables is one of variables too.
                    _ => collect(value, name == VARIABLES || (are_variables && name == "<<"), found),
                }
            }
        }
    }
}

/// The name of a parameter is no secret.
fn is_placeholder(text: &str) -> bool {
    text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(is_parameter_name)
}
