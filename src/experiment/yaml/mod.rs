//! YAML in, a tree of our own out: the only folder that knows the YAML libraries.
//!
//! Two libraries share the work, and each thing is decided by one of them. `granit_parser` (`read.rs`) decides what is a
//! map, a list or a scalar, which text a scalar has and where everything stands, in one walk. `serde_yaml` decides what the
//! text of a scalar without quotes means (`scalar.rs`): nothing, a truth value, a number or text. It is never shown more
//! than one scalar, so the two cannot disagree on a file; a test compares the tree with what `serde_yaml` alone would make
//! of the same text, so that a release of either that reads differently is noticed.
//!
//! The awkward truth: numbers lose their looks when they are read, `0x1F` becomes 31. gem5 and its scripts must get what was
//! written, so a scalar keeps its text beside its meaning.
//!
//! Aliases are expanded: the nodes under `*base` are those that `&base` marks, with the same numbers, and so they stand where
//! `&base` does.

mod mask;
mod place;
mod read;
mod refusal;
mod scalar;

use std::borrow::Cow;
use std::collections::HashMap;

use super::limits::MAX_BYTES;
use crate::diagnostic::Diagnostic;
use mask::Masked;
pub(in crate::experiment) use place::Places;
use place::Span;

/// A text as an item of a list in brackets: in quotes where it would mean something else without them.
pub(in crate::experiment) fn quoted_item(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_./+=-".contains(c);
    let words = text.trim_start_matches('-');
    let begins_plain =
        text.len() - words.len() <= 2 && words.starts_with(|c: char| c.is_alphanumeric() || "_./".contains(c));
    if begins_plain && text.chars().all(is_plain) { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

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
}

/// What the text would be as a plain scalar, without quotes.
pub(in crate::experiment) fn plain(text: &str) -> Scalar {
    Scalar { kind: scalar::meaning(text), text: text.to_owned() }
}

/// At most the first 60 characters, with a mark when there are more.
pub(in crate::experiment) fn brief(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A file that was read: the tree, and where each of its nodes stands.
#[derive(Debug)]
pub(in crate::experiment) struct Document<'t> {
    /// The top of the tree.
    pub(in crate::experiment) root: Node,
    text: &'t str,
    /// By the number of the node.
    spans: Vec<Span>,
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
    let refuse = |refusal: refusal::Refusal| Box::new(refusal.explain(&Places::of_text(text)));
    refusal::forbidden_character(text).map_err(refuse)?;
    let (root, spans) = read::read(&Masked::new(text)).map_err(refuse)?;
    Ok(Document { root, text, spans })
}

impl Document<'_> {
    /// Where nodes stand. Make it once for many questions.
    pub(in crate::experiment) fn places(&self) -> Places<'_> {
        Places::new(self.text, &self.spans)
    }

    /// The text with stars in the places of the nodes `hidden`, one for each character so that places stay true.
    pub(in crate::experiment) fn text_without(&self, hidden: &[NodeId]) -> Cow<'_, str> {
        if hidden.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let span_of = |id: &NodeId| self.spans[id.0 as usize];
        let mut spans: Vec<(u32, u32)> =
            hidden.iter().map(span_of).map(|span| (span.start, span.end.unwrap_or(span.start))).collect();
        spans.sort_unstable();
        let mut spans = spans.into_iter().peekable();
        let star = |(at, c): (u32, char)| {
            while spans.next_if(|(_, end)| *end <= at).is_some() {}
            let is_hidden = spans.peek().is_some_and(|(start, _)| *start <= at) && !matches!(c, '\n' | '\r');
            if is_hidden { '*' } else { c }
        };
        Cow::Owned((0..).zip(self.text.chars()).map(star).collect())
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

    use proptest::prelude::*;

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
        let place = document.places().of(items[1].id);
        assert_eq!((place.line, place.column, place.len), (1, 14, 27));
    }

    #[test]
    fn every_node_is_found_where_it_stands() {
        let text = "name: x\n# ß ünïcode\nlist:\n  - ä: \"öö\"\n    b: [1, 0x2]\nbase: &base {k: v}\nuse: *base\n";
        let document = parse(text).unwrap();
        let places = document.places();
        let seen: Vec<String> = (0..document.spans.len())
            .map(|number| {
                let place = places.of(NodeId(number as u32));
                let line = text.lines().nth(place.line - 1).unwrap();
                line.chars().skip(place.column - 1).take(place.len).collect()
            })
            .collect();
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
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_an_alias_stands_for_stands_where_it_was_marked() {
        let document = parse("base: &base {k: v}\nuse: *base\n").unwrap();
        let Kind::Map(entries) = &document.root.kind else { panic!("not a map") };
        assert_eq!(entries[0].value, entries[1].value);
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let below = vec![format!("*a{}", level - 1); 9].join(", ");
            _ = writeln!(text, "a{level}: &a{level} [{below}]");
        }
        assert!(parse(&text).unwrap_err().message.contains("more than 524288 values"));
        assert!(parse("&a [*a]").is_err());
        // Each level alone is shallow.
        let mut text = String::from("a0: &a0 [x]\n");
        for level in 1..60 {
            _ = writeln!(text, "a{level}: &a{level} [*a{}]", level - 1);
        }
        assert!(parse(&text).unwrap_err().message.contains("levels"));
    }

    /// What `serde_yaml` alone makes of a text, as lines; nothing if it refuses it.
    fn by_serde_yaml(text: &str) -> Option<Vec<String>> {
        fn walk(value: &serde_yaml::Value, into: &mut Vec<String>) {
            match value {
                serde_yaml::Value::Null => into.push("null".to_owned()),
                serde_yaml::Value::Bool(value) => into.push(format!("bool {value}")),
                serde_yaml::Value::Number(number) => into.push(format!("number {number}")),
                serde_yaml::Value::String(text) => into.push(format!("text {text}")),
                serde_yaml::Value::Sequence(items) => {
                    into.push(format!("list of {}", items.len()));
                    for item in items {
                        walk(item, into);
                    }
                }
                serde_yaml::Value::Mapping(entries) => {
                    into.push(format!("map of {}", entries.len()));
                    entries.iter().for_each(|(key, value)| [key, value].into_iter().for_each(|node| walk(node, into)));
                }
                serde_yaml::Value::Tagged(_) => into.push("tag".to_owned()),
            }
        }
        let value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
        let mut lines = Vec::new();
        walk(&value, &mut lines);
        Some(lines)
    }

    /// The same of our tree.
    fn by_us(text: &str) -> Option<Vec<String>> {
        fn walk(node: &Node, into: &mut Vec<String>) {
            match &node.kind {
                Kind::Scalar(scalar) => into.push(match scalar.kind {
                    ScalarKind::Null => "null".to_owned(),
                    ScalarKind::Bool(value) => format!("bool {value}"),
                    ScalarKind::Unsigned(number) => format!("number {}", serde_yaml::Number::from(number)),
                    ScalarKind::Signed(number) => format!("number {}", serde_yaml::Number::from(number)),
                    ScalarKind::Float(number) => format!("number {}", serde_yaml::Number::from(number)),
                    ScalarKind::Text => format!("text {}", scalar.text),
                }),
                Kind::List(items) => {
                    into.push(format!("list of {}", items.len()));
                    for item in items {
                        walk(item, into);
                    }
                }
                Kind::Map(entries) => {
                    into.push(format!("map of {}", entries.len()));
                    for Entry { key, value } in entries {
                        walk(key, into);
                        walk(value, into);
                    }
                }
            }
        }
        let document = parse(text).ok()?;
        let mut lines = Vec::new();
        walk(&document.root, &mut lines);
        Some(lines)
    }

    /// Every file that comes with the sources and that `serde_yaml` can read without our help.
    #[test]
    fn both_libraries_read_the_files_that_people_write_in_the_same_way() {
        let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["configs", "tests/experiments/good", "tests/experiments/bad", "fuzz/seeds/yaml"];
        let entries = folders.iter().flat_map(|folder| std::fs::read_dir(top.join(folder)).unwrap());
        let mut compared = 0;
        for path in
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            // Unquoted placeholders in brackets are our own doing, and so is what we say of tags.
            let Some(theirs) = by_serde_yaml(&text) else { continue };
            if theirs.contains(&"tag".to_owned()) || parse(&text).is_err_and(|error| error.message.contains("levels")) {
                continue;
            }
            assert_eq!(by_us(&text), Some(theirs), "{}", path.display());
            compared += 1;
        }
        assert!(compared > 60, "{compared}");
    }

    #[test]
    fn both_libraries_read_the_corners_of_yaml_in_the_same_way() {
        for text in [
            "a: yes\nb: on\nc: 012\nd: 1_000\ne: 0x1F\nf: .inf\ng: ~\nh:\ni: 1e3\nj: +5\nk: 1:30\nl: 0o17\nm: '5'\n",
            "a: &x {k: v}\nb:\n  <<: *x\n  c: [*x, *x]\n",
            "l:\n- a\n-\n  - b\n- c: d\n  e: \"f\n    g\"\n",
            "a: |\n  t1\n   t2\nb: >-\n  x\n  y\n\n  z\nc: |+\n  k\n\n",
            "a: |\n  no newline at the end",
            "a:\tb\nc: [1,\t2]\n",
            "a:\n  - m: {\n  x: 1,\n}\n",
            "args: [\n  a,\n  b,\n]\n",
            "? [a]\n: b\n? c\n",
            "a: {b:1, \"c\":2, d: [x,y], e: }\n",
            "%YAML 1.1\n---\na: b\n...\n",
            "a:\r\n  b: c\r\n  d: e\r\n",
            "a: x#y # z\nb: http://x:80/\nc: a, b\nd: -x\ne: !!str 5\n",
            "--- a\n",
            "",
            "# only words\n",
        ] {
            let theirs = by_serde_yaml(text);
            assert!(theirs.is_some(), "{text}");
            assert_eq!(by_us(text), theirs, "{text}");
        }
    }

    /// Any value that `serde_yaml` can write.
    fn any_value() -> impl Strategy<Value = serde_yaml::Value> {
        let leaf = prop_oneof![
            Just(serde_yaml::Value::Null),
            any::<bool>().prop_map(serde_yaml::Value::from),
            any::<i64>().prop_map(serde_yaml::Value::from),
            any::<u64>().prop_map(serde_yaml::Value::from),
            (-1e9..1e9).prop_map(serde_yaml::Value::from),
            "[ -~äß\t\n]{0,12}".prop_map(serde_yaml::Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(serde_yaml::Value::from),
                prop::collection::vec(("[a-z0-9.~ :#-]{0,6}", inner), 0..5).prop_map(|entries| {
                    let entries = entries.into_iter().map(|(key, value)| (serde_yaml::Value::from(key), value));
                    serde_yaml::Value::Mapping(entries.collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn both_libraries_read_what_one_of_them_writes_in_the_same_way(value in any_value()) {
            let text = serde_yaml::to_string(&value).unwrap();
            prop_assert_eq!(by_us(&text), by_serde_yaml(&text), "{}", text);
        }

        #[test]
        fn every_place_is_in_the_file(text in "([-a:,\\[\\]{}&*!?|>\"'#~0 \n\t\r]|ä|\\$\\{x\\}){0,40}") {
            if let Ok(document) = parse(&text) {
                let places = document.places();
                for number in 0..document.spans.len() {
                    let place = places.of(NodeId(number as u32));
                    let line = text.lines().nth(place.line - 1).unwrap_or_default();
                    prop_assert!(place.column - 1 + place.len <= line.chars().count().max(place.column));
                }
            }
        }
    }
}
