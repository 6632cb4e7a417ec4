//! Which module uses which, as the sources say it.
//!
//! A module is a file. Its paths that begin with `crate`, `super` or `self` are followed to the module that they name; a name
//! that a module only passes on (`pub use plan::Plan`) is followed to where it comes from. Code inside of strings is taken for
//! code, and paths through a macro's argument are not seen: good enough to keep a shape, not to prove one.

use std::collections::{BTreeMap, BTreeSet};

/// The modules of the crate, each with the absolute paths that its code names.
pub(crate) struct Graph {
    modules: BTreeMap<String, Module>,
}

struct Module {
    paths: Vec<Vec<String>>,
    /// Names that other modules may find here, with the paths that they stand for.
    passed_on: BTreeMap<String, Vec<String>>,
}

impl Graph {
    /// From file names relative to `src`, each with its code.
    pub(crate) fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files: Vec<(String, String)> = files.into_iter().map(|(file, code)| (module_of(&file), code)).collect();
        let names: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
        let modules = files.iter().map(|(name, code)| (name.clone(), Module::read(name, code, &names))).collect();
        Self { modules }
    }

    /// What the code of a module names outside of itself: modules, and a path as it stands where it leads to none.
    pub(crate) fn uses(&self, name: &str) -> BTreeSet<String> {
        let paths = self.modules[name].paths.iter();
        paths.map(|path| self.resolve(path, 0).unwrap_or_else(|| path.join("::"))).filter(|used| used != name).collect()
    }

    /// The modules in `folder` that use one another in a circle, each circle once. A module may use its children and they may
    /// use it: a folder and the file that opens it are one thing.
    pub(crate) fn circles(&self, folder: &str) -> Vec<Vec<String>> {
        let inside = |name: &str| name == folder || name.starts_with(&format!("{folder}::"));
        let names: Vec<&String> = self.modules.keys().filter(|name| inside(name)).collect();
        let reach: BTreeMap<&str, BTreeSet<String>> =
            names.iter().map(|name| (name.as_str(), self.reachable(name))).collect();
        let mut circles: Vec<Vec<String>> = Vec::new();
        for name in &names {
            let circle: Vec<String> = names
                .iter()
                .filter(|other| reach[name.as_str()].contains(**other) && reach[other.as_str()].contains(*name))
                .map(|other| (*other).clone())
                .collect();
            if !circle.is_empty() && !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles
    }

    /// What the module uses in the end. What it uses of its own parents does not count.
    pub(crate) fn reachable(&self, name: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut next = vec![name.to_owned()];
        while let Some(name) = next.pop() {
            let Some(module) = self.modules.get(&name) else { continue };
            for used in module.paths.iter().filter_map(|path| self.resolve(path, 0)) {
                let is_parent = used == name || name.starts_with(&format!("{used}::"));
                if !is_parent && reached.insert(used.clone()) {
                    next.push(used);
                }
            }
        }
        reached
    }

    /// The module that an absolute path leads to.
    fn resolve(&self, path: &[String], followed: u32) -> Option<String> {
        let (name, rest) = (1..=path.len()).rev().find_map(|len| {
            let name = path[..len].join("::");
            self.modules.contains_key(&name).then(|| (name, &path[len..]))
        })?;
        let passed_on = rest.first().and_then(|item| self.modules[&name].passed_on.get(item));
        match passed_on {
            // More than a few steps are a circle of names.
            Some(from) if followed < 8 => self.resolve(from, followed + 1).or(Some(name)),
            _ => Some(name),
        }
    }
}

/// `a/b/mod.rs` and `a/b.rs` are `a::b`.
pub(crate) fn module_of(file: &str) -> String {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    path.strip_suffix("/mod").unwrap_or(path).replace('/', "::")
}

impl Module {
    fn read(name: &str, code: &str, names: &BTreeSet<String>) -> Self {
        let here: Vec<String> = name.split("::").map(str::to_owned).collect();
        let mut paths = Vec::new();
        for (at, word) in words(code) {
            // `pub(in crate::a)` says who may see it.
            if code[..at].ends_with("(in ") {
                continue;
            }
            let starts = match word {
                "crate" => Vec::new(),
                "super" => here[..here.len() - 1].to_vec(),
                "self" => here.clone(),
                _ => continue,
            };
            paths_behind(&code[at + word.len()..], starts, &mut paths);
        }
        let mut passed_on = BTreeMap::new();
        for used in code.split_inclusive(';').filter_map(|statement| statement.split_once("use ").map(|(_, used)| used))
        {
            let first: String = used.chars().take_while(|c| is_word(*c)).collect();
            let child = [here.clone(), vec![first.clone()]].concat();
            let starts = match first.as_str() {
                "crate" => Vec::new(),
                "super" => here[..here.len() - 1].to_vec(),
                _ if names.contains(&child.join("::")) => child,
                _ => continue,
            };
            let mut found = Vec::new();
            paths_behind(&used[first.len()..], starts, &mut found);
            passed_on.extend(found.into_iter().filter_map(|path| Some((path.last()?.clone(), path))));
        }
        Self { paths, passed_on }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every word of the code that begins a path.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.split(|c: char| !is_word(c)).map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word)).filter(
        move |(at, word)| !word.is_empty() && !code[..*at].ends_with("::") && code[at + word.len()..].starts_with("::"),
    )
}

/// Adds the paths that `rest`, such as `::a::{b, c::d}`, makes of `path`. Answers with what follows.
fn paths_behind<'c>(rest: &'c str, path: Vec<String>, into: &mut Vec<Vec<String>>) -> &'c str {
    let Some(rest) = rest.strip_prefix("::") else {
        into.push(path);
        return rest;
    };
    let Some(mut group) = rest.strip_prefix('{') else { return path_of_words(rest, path, into) };
    loop {
        group = group.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if group.is_empty() || group.starts_with('}') {
            return group.strip_prefix('}').unwrap_or(group);
        }
        let before = group.len();
        group = path_of_words(group, path.clone(), into);
        // A name of its own, as in `a as b`, and anything else that is no path.
        group = &group[group.find([',', '}']).unwrap_or(group.len())..];
        assert!(group.len() < before, "a group without an end");
    }
}

fn path_of_words<'c>(rest: &'c str, mut path: Vec<String>, into: &mut Vec<Vec<String>>) -> &'c str {
    let word: String = rest.chars().take_while(|c| is_word(*c)).collect();
    match word.as_str() {
        "" | "self" => {}
        "super" => _ = path.pop(),
        _ => path.push(word.clone()),
    }
    paths_behind(&rest[word.len()..], path, into)
}
