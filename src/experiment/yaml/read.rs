//! One walk over the events of the parser makes the tree and its places.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span as Range, StructureStyle, Tag, options};

use super::mask::Masked;
use super::place::Span;
use super::refusal::{Open, Refusal, Trouble};
use super::{Entry, Kind, Node, NodeId, Scalar, ScalarKind, scalar};
use crate::experiment::limits::{MAX_DEPTH, MAX_NODES, MAX_TEXT};

/// The parser's own nesting is bounded far above [`MAX_DEPTH`], which is told in our words.
fn lenient() -> Options {
    options! {
        // What other readers of YAML do, so that a file means the same everywhere.
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
    }
}

/// The tree of a file, and the place of each of its nodes by number.
///
/// # Errors
/// Why the file is refused.
pub(super) fn read(masked: &Masked<'_>) -> Result<(Node, Vec<Span>), Refusal> {
    let mut reader =
        Reader { masked, spans: Vec::new(), nodes: 0, text: 0, open: Vec::new(), marked: HashMap::new(), root: None };
    for next in Parser::new_from_str_with_options(&masked.text, lenient()) {
        match next {
            Ok((event, range)) => reader.take(event, range)?,
            Err(error) => return Err(Refusal::of_parser(&error, reader.open.last().map(Unfinished::open))),
        }
    }
    let root = match reader.root {
        Some(root) => root,
        // Comments at most.
        None => Node { id: reader.number(Span { start: 0, end: Some(0) })?, kind: nothing() },
    };
    Ok((root, reader.spans))
}

fn nothing() -> Kind {
    Kind::Scalar(Scalar { kind: ScalarKind::Null, text: String::new() })
}

/// A list or map whose end was not seen yet.
struct Unfinished {
    id: NodeId,
    start: u32,
    style: StructureStyle,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Node> },
}

impl Unfinished {
    fn open(&self) -> Open {
        Open { start: self.start, is_list: matches!(self.content, Content::List(_)), style: self.style }
    }
}

/// A node that aliases may stand for.
struct Marked {
    node: Node,
    size: Size,
}

/// How much a node is, with all that is in it.
#[derive(Debug, Clone, Copy)]
struct Size {
    nodes: u32,
    /// Bytes of text.
    text: usize,
    /// Levels of lists and maps.
    depth: usize,
}

struct Reader<'m, 't> {
    masked: &'m Masked<'t>,
    spans: Vec<Span>,
    /// Nodes with those that aliases add.
    nodes: u32,
    /// Bytes of their text.
    text: usize,
    open: Vec<Unfinished>,
    marked: HashMap<usize, Marked>,
    root: Option<Node>,
}

fn offset(marker: granit_parser::Marker) -> u32 {
    u32::try_from(marker.index()).expect("a file has at most 4 MiB")
}

fn span_of(range: Range) -> Span {
    Span { start: offset(range.start), end: Some(offset(range.end)) }
}

impl Reader<'_, '_> {
    fn take(&mut self, event: Event<'_>, range: Range) -> Result<(), Refusal> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Refusal { at: span_of(range), trouble: Trouble::SecondDocument })
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), range),
            Event::SequenceStart(style, anchor, tag) => {
                refuse_tag(tag.as_deref(), &["seq"], range)?;
                self.start(style, anchor, Content::List(Vec::new()), range)
            }
            Event::MappingStart(style, anchor, tag) => {
                refuse_tag(tag.as_deref(), &["map"], range)?;
                self.start(style, anchor, Content::Map { entries: Vec::new(), key: None }, range)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range),
            Event::Alias(anchor) => self.alias(anchor, span_of(range)),
            _ => Ok(()),
        }
    }

    fn number(&mut self, span: Span) -> Result<NodeId, Refusal> {
        let id = NodeId(u32::try_from(self.spans.len()).expect("fewer nodes than characters"));
        self.count(1, span)?;
        self.spans.push(span);
        Ok(id)
    }

    fn count(&mut self, nodes: u32, at: Span) -> Result<(), Refusal> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES { Err(Refusal { at, trouble: Trouble::TooMany }) } else { Ok(()) }
    }

    fn count_text(&mut self, bytes: usize, at: Span) -> Result<(), Refusal> {
        self.text = self.text.saturating_add(bytes);
        if self.text > MAX_TEXT { Err(Refusal { at, trouble: Trouble::TooMuchText }) } else { Ok(()) }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        range: Range,
    ) -> Result<(), Refusal> {
        let span = span_of(range);
        let is_plain = style == ScalarStyle::Plain;
        // The parser says `~` where nothing stands.
        let text = if is_plain && range.is_empty() { "" } else { text };
        let text = self.masked.restore(text);
        refuse_tag(tag, &["str", "int", "float", "bool", "null"], range)?;
        let kind = match tag.map(Tag::suffix) {
            None if is_plain => scalar::meaning(&text),
            None | Some("str") => ScalarKind::Text,
            Some(name) => {
                let kind = scalar::meaning(&text);
                let fits = match kind {
                    ScalarKind::Null => name == "null",
                    ScalarKind::Bool(_) => name == "bool",
                    ScalarKind::Unsigned(_) | ScalarKind::Signed(_) => matches!(name, "int" | "float"),
                    ScalarKind::Float(_) => name == "float",
                    ScalarKind::Text => false,
                };
                if !fits {
                    return Err(Refusal { at: span, trouble: Trouble::NotOfItsTag { tag: name.to_owned(), text } });
                }
                kind
            }
        };
        let id = self.number(span)?;
        self.count_text(text.len(), span)?;
        self.finish(Node { id, kind: Kind::Scalar(Scalar { kind, text }) }, anchor, span)
    }

    fn start(&mut self, style: StructureStyle, anchor: usize, content: Content, range: Range) -> Result<(), Refusal> {
        let span = Span { start: offset(range.start), end: None };
        if self.open.len() >= MAX_DEPTH {
            return Err(Refusal { at: span_of(range), trouble: Trouble::TooDeep });
        }
        let id = self.number(span)?;
        self.open.push(Unfinished { id, start: span.start, style, anchor, content });
        Ok(())
    }

    fn end(&mut self, range: Range) -> Result<(), Refusal> {
        // The parser closes what it opened.
        let Some(Unfinished { id, start, style, anchor, content }) = self.open.pop() else { return Ok(()) };
        if style == StructureStyle::Flow {
            self.spans[id.0 as usize].end = Some(offset(range.end));
        }
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(entries),
        };
        self.finish(Node { id, kind }, anchor, Span { start, end: Some(start + 1) })
    }

    fn alias(&mut self, anchor: usize, at: Span) -> Result<(), Refusal> {
        let Some(marked) = self.marked.get(&anchor) else {
            return Err(Refusal { at, trouble: Trouble::AliasOfItself });
        };
        if self.open.len() + marked.size.depth > MAX_DEPTH {
            return Err(Refusal { at, trouble: Trouble::TooDeep });
        }
        let size = marked.size;
        self.count(size.nodes, at)?;
        self.count_text(size.text, at)?;
        let node = self.marked[&anchor].node.clone();
        self.finish(node, 0, at)
    }

    /// Puts a whole node where it belongs. What is marked is kept beside that, and counts once more.
    fn finish(&mut self, node: Node, anchor: usize, at: Span) -> Result<(), Refusal> {
        if anchor != 0 {
            let size = size(&node);
            self.count(size.nodes, at)?;
            self.count_text(size.text, at)?;
            self.marked.insert(anchor, Marked { node: node.clone(), size });
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
        Ok(())
    }
}

fn size(node: &Node) -> Size {
    let of_all = |nodes: &mut dyn Iterator<Item = &Node>| {
        let whole = Size { nodes: 1, text: 0, depth: 0 };
        let sum = nodes.map(size).fold(whole, |sum, size| Size {
            nodes: sum.nodes.saturating_add(size.nodes),
            text: sum.text.saturating_add(size.text),
            depth: sum.depth.max(size.depth),
        });
        Size { depth: sum.depth + 1, ..sum }
    };
    match &node.kind {
        Kind::Scalar(scalar) => Size { nodes: 1, text: scalar.text.len(), depth: 0 },
        Kind::List(items) => of_all(&mut items.iter()),
        Kind::Map(entries) => of_all(&mut entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
    }
}

/// Tags of YAML itself say nothing new of a fitting value; all others mean nothing here.
fn refuse_tag(tag: Option<&Tag>, known: &[&str], range: Range) -> Result<(), Refusal> {
    let Some(tag) = tag else { return Ok(()) };
    if tag.is_yaml_core_schema() && known.contains(&tag.suffix()) {
        return Ok(());
    }
    let at = range.tag_span().map_or(span_of(range), span_of);
    Err(Refusal { at, trouble: Trouble::Tag(format!("{}{}", tag.original_handle(), tag.suffix())) })
}
