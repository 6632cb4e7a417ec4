//! The stats of a dump as a tree.

use std::collections::HashMap;

use super::group::Stat;

/// Names are split into so many parts at most. A system of gem5 is hardly ten deep; the rest of a longer name stays
/// in its last part.
const MAX_DEPTH: usize = 32;

/// The stats by the parts of their names, as rows in the order in which a tree is drawn.
///
/// A row is followed by the rows below it, and knows how many they are, so that a closed row is drawn by skipping
/// them. Groups stand where their first stat stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    rows: Vec<Row>,
}

/// One row of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How many rows it is below.
    pub depth: usize,
    /// The last part of the name, as it is drawn.
    pub label: String,
    /// The whole name down to here: the key under which a row is remembered as open or closed.
    pub path: String,
    /// What it stands for.
    pub node: Node,
    /// How many rows follow that are below this one.
    pub below: usize,
}

/// What a row of a tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// A part of the system with stats below it.
    Group {
        /// How many stats are below it at any depth.
        stats: usize,
    },
    /// A stat, told by its place among the stats. A scalar has nothing below it.
    Stat(usize),
    /// An element of a stat: the place of the stat, and its place among the stat's elements.
    Element(usize, usize),
}

impl Tree {
    /// The tree of the stats. See [`super::stats`].
    pub fn of(stats: &[Stat]) -> Self {
        let mut root = Branch::default();
        for (place, stat) in stats.iter().enumerate() {
            root.add(&stat.name, place);
        }
        let mut tree = Self::default();
        tree.draw(&root, stats, 0, "");
        tree
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn draw(&mut self, branch: &Branch, stats: &[Stat], depth: usize, above: &str) {
        for child in &branch.children {
            let at = self.rows.len();
            match child {
                Child::Branch(label, inner) => {
                    let path = if above.is_empty() { label.clone() } else { format!("{above}.{label}") };
                    let node = Node::Group { stats: inner.stats };
                    self.rows.push(Row { depth, label: label.clone(), path: path.clone(), node, below: 0 });
                    self.draw(inner, stats, depth + 1, &path);
                }
                Child::Stat(label, place) => {
                    let Some(stat) = stats.get(*place) else { continue };
                    let (label, path) = (label.clone(), stat.name.clone());
                    self.rows.push(Row { depth, label, path, node: Node::Stat(*place), below: 0 });
                    // What a scalar has to tell stands in its own row.
                    let elements = stat.elements.iter().enumerate().filter(|(_, element)| !element.label.is_empty());
                    self.rows.extend(elements.map(|(index, element)| Row {
                        depth: depth + 1,
                        label: element.label.clone(),
                        path: element.name.clone(),
                        node: Node::Element(*place, index),
                        below: 0,
                    }));
                }
            }
            let below = self.rows.len() - at - 1;
            if let Some(row) = self.rows.get_mut(at) {
                row.below = below;
            }
        }
    }
}

#[derive(Default)]
struct Branch {
    children: Vec<Child>,
    /// Where among the children the branch of a label is.
    places: HashMap<String, usize>,
    /// How many stats are in it at any depth.
    stats: usize,
}

enum Child {
    Branch(String, Branch),
    Stat(String, usize),
}

impl Branch {
    fn add(&mut self, name: &str, place: usize) {
        let mut branch = self;
        let mut parts = name.splitn(MAX_DEPTH, '.').peekable();
        while let Some(part) = parts.next() {
            branch.stats += 1;
            if parts.peek().is_none() {
                branch.children.push(Child::Stat(part.to_owned(), place));
                return;
            }
            let next = branch.children.len();
            let at = *branch.places.entry(part.to_owned()).or_insert(next);
            if at == next {
                branch.children.push(Child::Branch(part.to_owned(), Self::default()));
            }
            let Some(Child::Branch(_, inner)) = branch.children.get_mut(at) else { return };
            branch = inner;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse_block, stats};
    use super::*;

    fn drawn(text: &str) -> Vec<String> {
        let tree = Tree::of(&stats(&parse_block(text)));
        tree.rows().iter().map(|row| format!("{}{} {}", " ".repeat(row.depth), row.label, row.below)).collect()
    }

    #[test]
    fn parts_of_the_system_are_groups_and_elements_are_below_their_stat() {
        let text = "simTicks 5\nsystem.cpu.ipc 1\nsystem.cpu.dcache.hits::cpu.data 3\nsystem.cpu.dcache.hits::total 3\n\
            system.l2.hits 2\nsystem.cpu.cpi 1\n";
        assert_eq!(
            drawn(text),
            [
                "simTicks 0",
                "system 9",
                " cpu 6",
                "  ipc 0",
                "  dcache 3",
                "   hits 2",
                "    cpu.data 0",
                "    total 0",
                "  cpi 0",
                " l2 1",
                "  hits 0",
            ]
        );
    }

    #[test]
    fn a_name_may_be_both_a_stat_and_a_group() {
        assert_eq!(drawn("a.b 1\na.b.c 2\n"), ["a 3", " b 0", " b 1", "  c 0"]);
    }

    #[test]
    fn paths_are_full_names_and_groups_count_their_stats() {
        let tree = Tree::of(&stats(&parse_block("a.b.c 1\na.b.d::x 2\na.b.d::y 3\n")));
        let paths: Vec<&str> = tree.rows().iter().map(|row| row.path.as_str()).collect();
        assert_eq!(paths, ["a", "a.b", "a.b.c", "a.b.d", "a.b.d::x", "a.b.d::y"]);
        assert_eq!(tree.rows()[0].node, Node::Group { stats: 2 });
        assert_eq!(tree.rows()[5].node, Node::Element(1, 1));
    }

    #[test]
    fn a_name_of_nothing_but_dots_is_no_deep_recursion() {
        let name = ".".repeat(60_000);
        let tree = Tree::of(&stats(&parse_block(&format!("a{name}b 1\n"))));
        assert_eq!(tree.rows().len(), MAX_DEPTH);
    }
}
