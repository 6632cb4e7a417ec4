//! Reading a map: its keys, its merge keys, and what to say about a key that is not known.

use std::collections::HashSet;

use super::problem::{Problem, Problems};
use super::suggest::synonym;
use super::table::Section;
use super::yaml::{Entry, Kind, Node, NodeId};
use crate::text::nearest;

/// Keys that are listed for somebody who wrote another one. More do not help.
const MAX_LISTED: usize = 10;

impl Section {
    fn known_as(self) -> &'static str {
        match self {
            Self::Experiment => "the top level",
            Self::Defaults => "`defaults`",
            Self::Simulation => "a simulation",
            Self::Spawned => "`spawned`",
            Self::Goal => "`goal`",
            Self::Pool => "`pool`",
            Self::StopAfter => "`stop_after`",
            Self::Need => "an item of `needs`",
            Self::Stall => "`stall`",
            Self::Guest => "`on_guest`",
            Self::Success => "`success`",
            Self::Axis => "an axis",
            Self::Results => "`results`",
            Self::View => "a view",
            Self::Plot => "a figure",
            Self::Metric => "a metric",
            Self::Simpoints => "`simpoints`",
            Self::Workloads => "`workloads`",
            Self::Slurm => "`slurm`",
            Self::Command => "`command`",
            Self::Retry => "an outcome of `retries`",
            Self::Notify => "an item of `notify`",
            Self::Threshold => "a threshold",
        }
    }

    /// Where else `key` may stand, as in "under `defaults` or a simulation".
    fn homes_of(key: &str) -> Option<String> {
        let homes: Vec<&str> = Self::MAIN.into_iter().filter(|section| section.has(key)).map(Self::known_as).collect();
        (!homes.is_empty()).then(|| homes.join(" or "))
    }

    /// The key of this section that `key` most likely stands for.
    fn meant(self, key: &str) -> Option<&'static str> {
        nearest(key, self.keys()).or_else(|| synonym(key, self.rows()))
    }

    fn unknown(self, key: &str, at: NodeId, meant: Option<&str>) -> Problem {
        let problem = Problem::error(at, format!("unknown key `{key}`"));
        if let Some(homes) = Self::homes_of(key) {
            return problem
                .label(format!("not a key of {}", self.known_as()))
                .help(format!("`{key}` belongs under {homes}").replace("under the", "at the"));
        }
        if let Some(meant) = meant {
            return problem.help(format!("did you mean `{meant}`?"));
        }
        if !Self::MAIN.contains(&self) {
            return problem.help(self.all_keys());
        }
        let near = nearest(key, Self::MAIN.into_iter().flat_map(Self::keys));
        if let Some(near) = near.or_else(|| synonym(key, Self::MAIN.into_iter().flat_map(Self::rows)))
            && let Some(homes) = Self::homes_of(near)
        {
            return problem
                .help(format!("did you mean `{near}`? It belongs under {homes}").replace("under the", "at the"));
        }
        if self.keys().count() > MAX_LISTED { problem } else { problem.help(self.all_keys()) }
    }

    fn all_keys(self) -> String {
        match self.keys().collect::<Vec<_>>().as_slice() {
            [only] => format!("the only key of {} is `{only}`", self.known_as()),
            keys => format!("the keys of {} are {}", self.known_as(), listed(keys)),
        }
    }
}

/// Keys of a map that nobody knows. What is missing there may only be misspelt.
#[derive(Debug, Clone, Default)]
pub(super) struct Unknown {
    /// What each of them most likely stands for, if it is like anything.
    meant: Vec<Option<&'static str>>,
}

impl Unknown {
    /// Whether one of them may stand for `key`, so that nothing is said of its absence.
    pub(super) fn may_be(&self, key: &str) -> bool {
        self.meant.iter().any(|meant| meant.is_none_or(|meant| meant == key))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.meant.is_empty()
    }

    /// Whether one of them may stand for one of `keys`.
    pub(super) fn may_be_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.may_be(key))
    }
}

/// "`a`, `b` and `c`".
pub(super) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// One key of a map with its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'n> {
    /// The key as written.
    pub(super) name: &'n str,
    /// The node of the key.
    pub(super) key: NodeId,
    /// The value.
    pub(super) value: &'n Node,
}

impl Field<'_> {
    /// Where to point when the value is wrong: an absent value has no place of its own.
    pub(super) fn place(&self) -> NodeId {
        if self.is_empty() { self.key } else { self.value.id }
    }

    /// Whether nothing stands behind the key.
    pub(super) fn is_empty(&self) -> bool {
        self.value.as_scalar().is_some_and(super::yaml::Scalar::is_null)
    }
}

/// The fields of a map, merge keys resolved, repeated keys left out.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    list: Vec<Field<'n>>,
}

impl<'n> Fields<'n> {
    /// The fields of `node`, which is `what` and must be a map such as `example`. Keys that are not plain words are
    /// refused.
    pub(super) fn read(node: &'n Node, what: &str, example: &str, problems: &mut Problems) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            let problem = Problem::error(node.id, format!("{what} must be a map"));
            problems.push(problem.label(format!("found {}", node.describe())).help(format!("write it as `{example}`")));
            return None;
        };
        let mut fields = Self { list: Vec::with_capacity(entries.len()) };
        fields.add(entries, 0, &mut HashSet::new(), problems);
        Some(fields)
    }

    fn add(&mut self, entries: &'n [Entry], depth: u32, known: &mut HashSet<&'n str>, problems: &mut Problems) {
        /// A merged map may merge another one. Nobody stacks more.
        const MAX_MERGES: u32 = 16;
        // A map's own keys come before those that it merges, wherever the merge key stands.
        let mut merges = Vec::new();
        for Entry { key, value } in entries {
            match key.as_scalar() {
                None => {
                    let problem = Problem::error(key.id, "a key must be a single word");
                    problems.push(problem.label(format!("found {}", key.describe())));
                }
                Some(name) if name.text == "<<" => merges.push(value),
                Some(name) => {
                    if known.insert(&name.text) {
                        self.list.push(Field { name: &name.text, key: key.id, value });
                    }
                }
            }
        }
        for merged in merges {
            let maps = match &merged.kind {
                Kind::List(items) => items.as_slice(),
                _ => std::slice::from_ref(merged),
            };
            for map in maps {
                match &map.kind {
                    Kind::Map(entries) if depth < MAX_MERGES => self.add(entries, depth + 1, known, problems),
                    _ => problems.push(
                        Problem::error(map.id, "`<<` merges maps")
                            .label(format!("found {}", map.describe()))
                            .help("give it an alias of a map, as in `<<: *base`"),
                    ),
                }
            }
        }
    }

    /// Refuses keys that the section does not have.
    pub(super) fn check(&self, section: Section, problems: &mut Problems) -> Unknown {
        let mut unknown = Unknown::default();
        for field in &self.list {
            let extension = section == Section::Experiment && field.name.starts_with("x-");
            if section.has(field.name) || extension {
                continue;
            }
            if problems.is_full() {
                problems.push(Problem::error(field.key, format!("unknown key `{}`", field.name)));
                unknown.meant.push(None);
                continue;
            }
            let meant = section.meant(field.name);
            problems.push(section.unknown(field.name, field.key, meant));
            // A key that is at home elsewhere stands for itself.
            if Section::homes_of(field.name).is_none() {
                unknown.meant.push(meant);
            }
        }
        unknown
    }

    /// The key called `name`, with or without a value.
    pub(super) fn key(&self, name: &str) -> Option<NodeId> {
        self.list.iter().find(|field| field.name == name).map(|field| field.key)
    }

    /// The field called `name`. A key without a value is refused.
    pub(super) fn get(&self, name: &str, problems: &mut Problems) -> Option<Field<'n>> {
        let field = self.list.iter().copied().find(|field| field.name == name)?;
        if field.is_empty() {
            let problem = Problem::error(field.key, format!("`{name}` has no value"));
            problems.push(problem.help("give it one or remove the key"));
            return None;
        }
        Some(field)
    }

    /// All fields, for maps whose keys are the user's own.
    pub(super) fn iter(&self) -> impl Iterator<Item = Field<'n>> + '_ {
        self.list.iter().copied()
    }
}
