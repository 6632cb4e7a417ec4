//! Which places of an experiment file hold secrets.
//!
//! A message shows the line that it is about, and a file in one line per simulation has its variables there. Messages are
//! read by others than the user: they end up in the log of a nightly build, or in a question to a colleague.

use super::{form, may_be_shown};
use crate::experiment::notify::host_end;
use crate::experiment::template::is_parameter_name;
use crate::experiment::yaml::{Entry, Kind, Node, NodeId};

/// The key of a map of variables.
const VARIABLES: &str = "env";

/// What is told while nobody looks, with the addresses and the headers of webhooks.
const NOTIFY: &str = "notify";
const ADDRESS: &str = "post";
const HEADERS: &str = "headers";

/// How a variable of the environment begins in them.
const VARIABLE: &str = "${env:";

/// The values that no message may show.
pub(in crate::experiment) fn hidden(root: &Node) -> Vec<NodeId> {
    let mut found = Vec::new();
    collect(root, false, &mut found);
    if let Kind::Map(entries) = &root.kind {
        entries.iter().filter(|entry| is_called(entry, NOTIFY)).for_each(|entry| webhooks(&entry.value, &mut found));
    }
    found
}

fn is_called(entry: &Entry, name: &str) -> bool {
    entry.key.as_scalar().is_some_and(|key| key.text == name)
}

/// Behind the host of an address everything may be secret, and so may a header, unless a variable stands there.
fn webhooks(node: &Node, found: &mut Vec<NodeId>) {
    match &node.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter().for_each(|item| webhooks(item, found)),
        Kind::Map(entries) => {
            for entry in entries {
                match &entry.value.kind {
                    Kind::Scalar(scalar) if is_called(entry, ADDRESS) => {
                        let path = &scalar.text[host_end(&scalar.text)..];
                        if path.len() > 1 && !path.contains(VARIABLE) {
                            found.push(entry.value.id);
                        }
                    }
                    Kind::Map(headers) if is_called(entry, HEADERS) => {
                        let may_be_secret = |header: &&Entry| {
                            let name = header.key.as_scalar().map_or("", |key| key.text.as_str());
                            let text = header.value.as_scalar().map_or("", |value| value.text.as_str());
                            !text.contains(VARIABLE) && !may_be_shown(name, text)
                        };
                        found.extend(headers.iter().filter(may_be_secret).map(|header| header.value.id));
                    }
                    _ => webhooks(&entry.value, found),
                }
            }
        }
    }
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
