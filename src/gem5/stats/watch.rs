//! Which stats a user asked to see.

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

/// More globs than this in one list are a mistake, and each costs time on every line.
const MAX_GLOBS: usize = 256;

/// A list of globs over full stat names, compiled.
///
/// `*` matches any text, dots included, and `?` any one character; everything else stands for itself, so `::` and
/// `[0]` need no care, and a plain name is exact.
#[derive(Debug, Clone)]
pub struct Watch {
    globs: Vec<String>,
    set: GlobSet,
    each: Vec<GlobMatcher>,
}

/// Why a list of globs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// One of the globs is empty or too large to compile.
    #[error("the watch glob `{glob}` cannot be used: {reason}")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There are too many of them.
    #[error("{count} watch globs are too many; at most {MAX_GLOBS} can be watched. Use `*` to join some of them")]
    TooMany {
        /// How many there are.
        count: usize,
    },
}

impl Watch {
    /// Compiles the globs.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, WatchError> {
        if globs.len() > MAX_GLOBS {
            return Err(WatchError::TooMany { count: globs.len() });
        }
        let refuse = |glob: &str, reason: String| WatchError::Glob { glob: glob.to_owned(), reason };
        let mut set = GlobSetBuilder::new();
        let mut each = Vec::new();
        for glob in globs {
            let glob = glob.as_ref();
            if glob.is_empty() {
                return Err(refuse(glob, "it is empty".to_owned()));
            }
            let compiled = GlobBuilder::new(&literal_safe(glob))
                .backslash_escape(true)
                .build()
                .map_err(|error| refuse(glob, error.kind().to_string()))?;
            each.push(compiled.compile_matcher());
            set.add(compiled);
        }
        let all = globs.iter().map(|glob| glob.as_ref().to_owned()).collect();
        let set = set.build().map_err(|error| refuse("", error.kind().to_string()))?;
        Ok(Self { globs: all, set, each })
    }

    /// The globs as they were given.
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether any glob matches the stat.
    pub fn matches(&self, name: &str) -> bool {
        self.set.is_match(name)
    }

    /// Whether the glob at `index` matches the stat.
    pub fn matches_at(&self, index: usize, name: &str) -> bool {
        self.each.get(index).is_some_and(|glob| glob.is_match(name))
    }
}

/// Escapes what a shell's glob gives a meaning to and ours does not, and joins runs of `*`, which would else have the
/// meaning of path globs.
fn literal_safe(glob: &str) -> String {
    let mut out = String::with_capacity(glob.len() + 8);
    for c in glob.chars() {
        match c {
            '*' if out.ends_with('*') && !out.ends_with("\\*") => {}
            '[' | ']' | '{' | '}' | '\\' | '!' | ',' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, name: &str) -> bool {
        Watch::new(&[glob]).unwrap().matches(name)
    }

    #[test]
    fn globs_match_full_names_and_dots_are_nothing_special() {
        assert!(matches("simTicks", "simTicks"));
        assert!(!matches("simTicks", "hostsimTicks"));
        assert!(!matches("simTicks", "simTicksx"));
        assert!(matches("*.ipc", "system.cpu.ipc"));
        assert!(matches("*.ipc", "board.processor.cores0.core.ipc"));
        assert!(!matches("*.ipc", "ipc"));
        assert!(matches("*.overallMissRate::total", "system.cpu.dcache.overallMissRate::total"));
        assert!(!matches("*.overallMissRate::total", "system.cpu.dcache.overallMissRate::cpu.data"));
        assert!(matches("system.cpu?.ipc", "system.cpu3.ipc"));
        assert!(matches("**ipc", "a/b.ipc"));
    }

    #[test]
    fn brackets_braces_and_backslashes_stand_for_themselves() {
        assert!(matches("a::[0-3]", "a::[0-3]"));
        assert!(!matches("a::[0-3]", "a::2"));
        assert!(matches("x{a,b}\\*", "x{a,b}\\anything"));
        assert!(!matches("x{a,b}", "xa"));
    }

    #[test]
    fn an_empty_glob_is_refused() {
        assert!(Watch::new(&["simTicks", ""]).is_err());
        assert!(Watch::new(&vec!["x"; MAX_GLOBS + 1]).is_err());
    }
}
