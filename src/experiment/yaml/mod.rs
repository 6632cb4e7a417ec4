//! YAML in, a tree of our own out: the only file that knows the YAML library.
//!
//! The library tells no positions of values. It does tell the position of every error that a visitor raises, and it
//! raises each at the node that the visitor was shown. So a position is found by *refusal*: nodes are numbered in the
//! order in which the visitor meets them, and [`Document::locate`] walks the same text again with a visitor that
//! refuses on purpose at the number it was given. The walk is the very code that built the tree, so numbers cannot
//! drift. A walk costs as much as a parse, and is made only for diagnostics that somebody will read.
//!
//! The library also turns `0x1F` into 31. gem5 and its scripts must get what was written, so a second walk asks for
//! every number and truth value once more, as text.
//!
//! Aliases are expanded: the nodes under `*base` have numbers of their own and the position of what `&base` marks.

mod mask;
mod refusal;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::diagnostic::{Diagnostic, Place};
use mask::Masked;

/// 4 MiB: a file with 10,000 simulations, each written out in ten lines, has about 3 MiB.
pub const MAX_BYTES: usize = 4 << 20;
/// Values and keys after aliases are expanded. A file of [`MAX_BYTES`] with a value every four bytes has as many;
/// only aliases of aliases have more.
pub(in crate::experiment) const MAX_NODES: u32 = 1 << 20;
/// Lists in maps in lists. The deepest sensible file has about ten levels; the library itself gives up at 128.
pub(in crate::experiment) const MAX_DEPTH: u32 = 48;

/// The number of a node: keys and values count alike, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::experiment) struct NodeId(u32);

/// One value or key.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::experiment) struct Node {
    /// Its number.
    pub(in crate::experiment) id: NodeId,
    /// What it is.
    pub(in crate::experiment) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::experiment) enum Kind {
    /// A single value.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, duplicate keys included, in the order of the file.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::experiment) struct Entry {
    /// The key.
    pub(in crate::experiment) key: Node,
    /// The value.
    pub(in crate::experiment) value: Node,
}

/// A single value: what YAML takes it for, and how it was written.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::experiment) struct Scalar {
    /// What YAML takes it for.
    pub(in crate::experiment) kind: ScalarKind,
    /// The characters in the file, without quotes.
    pub(in crate::experiment) text: String,
}

/// What YAML takes a scalar for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::experiment) enum ScalarKind {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, zero or more.
    Unsigned(u64),
    /// A whole number below zero.
    Signed(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text,
}

impl Scalar {
    /// Text.
    pub(in crate::experiment) fn text(text: impl Into<String>) -> Self {
        Self { kind: ScalarKind::Text, text: text.into() }
    }

    /// Whether it is nothing.
    pub(in crate::experiment) fn is_null(&self) -> bool {
        self.kind == ScalarKind::Null
    }
}

impl Node {
    /// What was found, for "found …": never longer than a line.
    pub(in crate::experiment) fn describe(&self) -> String {
        match &self.kind {
            Kind::List(items) if items.is_empty() => "an empty list".into(),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a map".into(),
            Kind::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "nothing".into(),
                ScalarKind::Bool(_) => format!("`{}`", scalar.text),
                ScalarKind::Text => format!("the text `{}`", brief(&scalar.text)),
                _ => format!("the number `{}`", brief(&scalar.text)),
            },
        }
    }

    /// The scalar, if it is one.
    pub(in crate::experiment) fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    fn find(&self, id: NodeId) -> Option<&Self> {
        // Numbers grow in the order of the walk, so that the last child that does not start after `id` holds it.
        if self.id == id {
            return Some(self);
        }
        match &self.kind {
            Kind::Scalar(_) => None,
            Kind::List(items) => {
                let after = items.partition_point(|item| item.id <= id);
                items.get(after.checked_sub(1)?)?.find(id)
            }
            Kind::Map(entries) => {
                let after = entries.partition_point(|entry| entry.key.id <= id);
                let entry = entries.get(after.checked_sub(1)?)?;
                entry.key.find(id).or_else(|| entry.value.find(id))
            }
        }
    }
}

/// At most the first 60 characters, with a mark when there are more.
pub(in crate::experiment) fn brief(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A file that was read: the tree, and what is needed to tell where a node stands.
#[derive(Debug)]
pub(in crate::experiment) struct Document<'t> {
    /// The top of the tree.
    pub(in crate::experiment) root: Node,
    text: &'t str,
    masked: Masked<'t>,
}

/// Reads `text`.
///
/// # Errors
/// What the file breaks: the rules of YAML, or one of the bounds above.
pub(in crate::experiment) fn parse(text: &str) -> Result<Document<'_>, Box<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES >> 20);
        return Err(Box::new(Diagnostic::error(message).help("let `matrix` and `range` make the points")));
    }
    let masked = Masked::new(text);
    let walk = Walk::new(None);
    let built = Build { walk: &walk, depth: 0 }.deserialize(serde_yaml::Deserializer::from_str(&masked.text));
    let mut root = match built {
        Ok(root) => root,
        Err(error) => return Err(Box::new(refuse(text, &masked, &error, walk.trouble.take()))),
    };
    if root.as_scalar().is_none() {
        Written { node: &mut root, masked: &masked }
            .deserialize(serde_yaml::Deserializer::from_str(&masked.text))
            .map_err(|error| Box::new(refuse(text, &masked, &error, None)))?;
    }
    Ok(Document { root, text, masked })
}

impl Document<'_> {
    /// Where the node stands.
    pub(in crate::experiment) fn locate(&self, id: NodeId) -> Place {
        let walk = Walk::new(Some(id.0));
        let refusal =
            Build { walk: &walk, depth: 0 }.deserialize(serde_yaml::Deserializer::from_str(&self.masked.text));
        let index = refusal.err().and_then(|error| error.location()).map_or(0, |location| location.index());
        refusal::place(self.text, self.masked.offset(self.text, index), self.root.find(id))
    }
}

/// Turns an error of the library into a diagnostic.
fn refuse(text: &str, masked: &Masked<'_>, error: &serde_yaml::Error, trouble: Option<Trouble>) -> Diagnostic {
    let offset = error.location().map(|location| masked.offset(text, location.index()));
    let Some(trouble) = trouble else {
        return refusal::explain(text, &error.to_string(), offset);
    };
    let diagnostic = match trouble {
        Trouble::TooDeep => Diagnostic::error(format!("more than {MAX_DEPTH} levels of lists and maps")),
        Trouble::TooMany => Diagnostic::error(format!("more than {MAX_NODES} values"))
            .help("aliases of aliases multiply; write the values out or use `matrix`"),
        Trouble::Tag(tag) => Diagnostic::error(format!("the YAML tag `!{}` means nothing here", brief(&tag)))
            .help("put the value in quotes if it begins with `!`"),
    };
    diagnostic.place(offset.map(|offset| refusal::place(text, offset, None)))
}

/// What one walk over the text shares.
struct Walk {
    count: Cell<u32>,
    stop_at: Option<u32>,
    trouble: RefCell<Option<Trouble>>,
}

enum Trouble {
    TooDeep,
    TooMany,
    Tag(String),
}

impl Walk {
    fn new(stop_at: Option<u32>) -> Self {
        Self { count: Cell::new(0), stop_at, trouble: RefCell::new(None) }
    }

    fn enter<E: Error>(&self) -> Result<NodeId, E> {
        let number = self.count.get();
        self.count.set(number + 1);
        if self.stop_at == Some(number) {
            return Err(E::custom("here"));
        }
        if number >= MAX_NODES { Err(self.give_up(Trouble::TooMany)) } else { Ok(NodeId(number)) }
    }

    fn give_up<E: Error>(&self, trouble: Trouble) -> E {
        self.trouble.replace(Some(trouble));
        E::custom("refused")
    }
}

/// Builds one node. The seed is its own visitor.
#[derive(Clone, Copy)]
struct Build<'w> {
    walk: &'w Walk,
    depth: u32,
}

impl Build<'_> {
    fn scalar<E: Error>(self, kind: ScalarKind, text: &str) -> Result<Node, E> {
        let id = self.walk.enter()?;
        Ok(Node { id, kind: Kind::Scalar(Scalar { kind, text: text.to_owned() }) })
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.walk.give_up(Trouble::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Build<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Build<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.scalar(ScalarKind::Null, "")
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.scalar(ScalarKind::Null, "")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.scalar(ScalarKind::Bool(value), "")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.scalar(ScalarKind::Unsigned(value), "")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.scalar(ScalarKind::Signed(value), "")
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        self.scalar(ScalarKind::Float(value as f64), "")
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        self.scalar(ScalarKind::Float(value as f64), "")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.scalar(ScalarKind::Float(value), "")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.scalar(ScalarKind::Text, value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let id = self.walk.enter()?;
        let child = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(child)? {
            items.push(item);
        }
        Ok(Node { id, kind: Kind::List(items) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let id = self.walk.enter()?;
        let child = self.deeper()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(child)? {
            entries.push(Entry { key, value: map.next_value_seed(child)? });
        }
        Ok(Node { id, kind: Kind::Map(entries) })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        self.walk.enter::<A::Error>()?;
        let (tag, _) = data.variant::<String>()?;
        Err(self.walk.give_up(Trouble::Tag(tag)))
    }
}

/// The second walk: asks for scalars as they were written.
struct Written<'n, 'm> {
    node: &'n mut Node,
    masked: &'m Masked<'m>,
}

impl<'de> DeserializeSeed<'de> for Written<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match &mut self.node.kind {
            Kind::List(_) => deserializer.deserialize_seq(self),
            Kind::Map(_) => deserializer.deserialize_map(self),
            Kind::Scalar(Scalar { kind: ScalarKind::Text, text }) => {
                *text = self.masked.restore(text);
                deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ())
            }
            Kind::Scalar(_) => deserializer.deserialize_str(self),
        }
    }
}

impl<'de> Visitor<'de> for Written<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what the first walk saw")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        if let Kind::Scalar(scalar) = &mut self.node.kind {
            value.clone_into(&mut scalar.text);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if let Kind::List(items) = &mut self.node.kind {
            for node in items {
                seq.next_element_seed(Written { node, masked: self.masked })?;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if let Kind::Map(entries) = &mut self.node.kind {
            for Entry { key, value } in entries {
                map.next_key_seed(Written { node: key, masked: self.masked })?;
                map.next_value_seed(Written { node: value, masked: self.masked })?;
            }
        }
        Ok(())
    }
}

/// A key that a map has more than once: the first and a later one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::experiment) struct Duplicate {
    /// The key as written.
    pub(in crate::experiment) key: String,
    /// The first one.
    pub(in crate::experiment) first: NodeId,
    /// The one that repeats it.
    pub(in crate::experiment) again: NodeId,
}

/// Every key that repeats an earlier one of the same map, in the order of the file.
pub(in crate::experiment) fn duplicates(node: &Node, found: &mut Vec<Duplicate>) {
    match &node.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter().for_each(|item| duplicates(item, found)),
        Kind::Map(entries) => {
            let mut first = HashMap::new();
            for Entry { key, value } in entries {
                if let Some(scalar) = key.as_scalar() {
                    match first.get(scalar.text.as_str()) {
                        Some(&first) => found.push(Duplicate { key: scalar.text.clone(), first, again: key.id }),
                        None => _ = first.insert(scalar.text.as_str(), key.id),
                    }
                }
                duplicates(value, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn scalar(text: &str) -> Scalar {
        let document = parse(text).unwrap();
        let Kind::Map(entries) = &document.root.kind else { panic!("not a map") };
        entries[0].value.as_scalar().unwrap().clone()
    }

    #[test]
    fn numbers_keep_the_way_they_were_written() {
        assert_eq!(scalar("a: 0x1F"), Scalar { kind: ScalarKind::Unsigned(31), text: "0x1F".into() });
        assert_eq!(scalar("a: 012"), Scalar::text("012"));
        assert_eq!(scalar("a: 1_000"), Scalar::text("1_000"));
        assert_eq!(scalar("a: 1.50"), Scalar { kind: ScalarKind::Float(1.5), text: "1.50".into() });
        assert_eq!(scalar("a: \"5\""), Scalar::text("5"));
        assert_eq!(scalar("a: True"), Scalar { kind: ScalarKind::Bool(true), text: "True".into() });
    }

    #[test]
    fn a_placeholder_needs_no_quotes_in_a_flow_list() {
        let document = parse("[--l2=${l2}, ${needs.boot-${cpu}.outdir}, {a: ${b}}]").unwrap();
        let Kind::List(items) = &document.root.kind else { panic!("not a list") };
        assert_eq!(items[0].as_scalar().unwrap().text, "--l2=${l2}");
        assert_eq!(items[1].as_scalar().unwrap().text, "${needs.boot-${cpu}.outdir}");
        let place = document.locate(items[1].id);
        assert_eq!((place.line, place.column, place.len), (1, 14, 27));
    }

    #[test]
    fn every_node_is_found_where_it_stands() {
        let text = "name: x\n# ß ünïcode\nlist:\n  - ä: \"öö\"\n    b: [1, 0x2]\nbase: &base {k: v}\nuse: *base\n";
        let document = parse(text).unwrap();
        let mut seen = Vec::new();
        for number in 0.. {
            let id = NodeId(number);
            if document.root.find(id).is_none() {
                break;
            }
            let place = document.locate(id);
            let line: Vec<char> = text.lines().nth(place.line - 1).unwrap().chars().collect();
            seen.push(line[place.column - 1..place.column - 1 + place.len].iter().collect::<String>());
        }
        let expected = [
            "name: x",
            "name",
            "x",
            "list",
            "- ä: \"öö\"",
            "ä: \"öö\"",
            "ä",
            "\"öö\"",
            "b",
            "[1, 0x2]",
            "1",
            "0x2",
            "base",
            "{k: v}",
            "k",
            "v",
            "use",
            "{k: v}",
            "k",
            "v",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let below = vec![format!("*a{}", level - 1); 9].join(", ");
            _ = writeln!(text, "a{level}: &a{level} [{below}]");
        }
        assert!(parse(&text).is_err());
        assert!(parse("&a [*a]").is_err());
    }
}
