//! Which stats a user asked to see.

/// More globs than this in one list are a mistake, and each costs time on every line. All that an experiment may watch fit, and the
/// columns that a user adds to them.
const MAX_GLOBS: usize = 1_024;

/// A list of globs over full stat names.
///
/// `*` matches any text, dots included, and `?` any one character; everything else stands for itself, so `::` and
/// `[0]` need no care, and a plain name is exact.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    globs: Vec<String>,
    /// For every last byte of a name, the globs that such a name may match. Nearly every line of a dump is told by it
    /// to be none that is watched, which is what makes reading fast.
    by_last: Vec<Vec<u16>>,
    /// Some glob can match a cell of a histogram on one line.
    may_match_cells: bool,
    /// For each glob, whether it stands for itself alone: then its length tells nearly every other name.
    are_plain: Vec<bool>,
    /// The bits of what the lines of stats that may match can begin with, by their first two bytes: see [`Watch::may_begin`]. None
    /// without globs.
    beginnings: Vec<u64>,
    /// Some glob can match a name that has more than printable ASCII without a space.
    has_free: bool,
    /// Where there is none: bits of the names, by which nearly every other one is known without a look at any of them.
    sieve: Vec<u64>,
}

/// 4,096 bits.
const SIEVE: usize = 64;

/// A bit for any two bytes.
const BEGINNINGS: usize = (1 << 16) / 64;

/// The beginnings of the lines of stats that globs may match. Of cells it is any: their line has no more than a part of their names.
fn beginnings(globs: &[&[u8]], of_cells: bool) -> Vec<u64> {
    let mut bits = vec![0; if globs.is_empty() { 0 } else { BEGINNINGS }];
    let mut set = |first: u8, second: u8| {
        let at = usize::from(u16::from_be_bytes([first, second]));
        if let Some(word) = bits.get_mut(at / 64) {
            *word |= 1_u64 << (at % 64);
        }
    };
    for glob in globs {
        let literal = glob.iter().position(|byte| is_wild(*byte)).unwrap_or(glob.len());
        match glob.get(..literal).unwrap_or_default() {
            [first, second, ..] if !of_cells => set(*first, *second),
            [first] if !of_cells => (0..=u8::MAX).for_each(|second| set(*first, second)),
            _ => (0..=u8::MAX).for_each(|first| (0..=u8::MAX).for_each(|second| set(first, second))),
        }
    }
    bits
}

/// The bit of a name in the sieve: its word and its bit. The ends of names differ most, and so do their lengths.
fn bit(name: &[u8]) -> (usize, u32) {
    let end = match name.last_chunk::<8>() {
        Some(end) => u64::from_le_bytes(*end),
        None => name.iter().fold(0, |end, byte| end << 8 | u64::from(*byte)),
    };
    // Fibonacci hashing: the upper bits depend on all of them.
    let mixed = (end ^ (name.len() as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - 12);
    (mixed as usize / 64, mixed as u32 % 64)
}

/// Why a list of globs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// One of the globs is empty.
    #[error("a watch glob is empty; name a stat, such as `simTicks` or `*.ipc`")]
    Empty,
    /// There are too many of them.
    #[error("{count} watch globs are too many; at most {MAX_GLOBS} can be watched. Use `*` to join some of them")]
    TooMany {
        /// How many there are.
        count: usize,
    },
}

impl Watch {
    /// Prepares the globs.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, WatchError> {
        if globs.len() > MAX_GLOBS {
            return Err(WatchError::TooMany { count: globs.len() });
        }
        let mut by_last = vec![Vec::new(); 256];
        for (index, glob) in globs.iter().enumerate() {
            let last = *glob.as_ref().as_bytes().last().ok_or(WatchError::Empty)?;
            for (byte, candidates) in by_last.iter_mut().enumerate() {
                if matches!(last, b'*' | b'?') || usize::from(last) == byte {
                    candidates.push(index as u16);
                }
            }
        }
        let are_plain: Vec<bool> = globs.iter().map(|glob| !glob.as_ref().bytes().any(is_wild)).collect();
        let is_word = |glob: &S| glob.as_ref().bytes().all(|byte| byte.is_ascii_graphic());
        let has_free = are_plain.contains(&false) || !globs.iter().all(is_word);
        let mut sieve = vec![0; if has_free { 0 } else { SIEVE }];
        for (word, at) in globs.iter().map(|glob| bit(glob.as_ref().as_bytes())) {
            if let Some(word) = sieve.get_mut(word) {
                *word |= 1 << at;
            }
        }
        let cells = |digit: u8| by_last.get(usize::from(digit)).is_some_and(|globs| !globs.is_empty());
        let may_match_cells = (b'0'..=b'9').any(cells);
        let bytes: Vec<&[u8]> = globs.iter().map(|glob| glob.as_ref().as_bytes()).collect();
        Ok(Self {
            globs: globs.iter().map(|glob| glob.as_ref().to_owned()).collect(),
            beginnings: beginnings(&bytes, may_match_cells),
            by_last,
            may_match_cells,
            are_plain,
            has_free,
            sieve,
        })
    }

    /// The globs as they were given.
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether any glob matches the stat.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_bytes(name.as_bytes())
    }

    /// The globs that match the stat, by their indices.
    pub(super) fn matching(&self, name: &str) -> impl Iterator<Item = usize> {
        let candidates = name.as_bytes().last().and_then(|last| self.by_last.get(usize::from(*last)));
        let candidates = candidates.into_iter().flatten().map(|index| usize::from(*index));
        candidates.filter(|index| self.matches_at(*index, name))
    }

    /// Whether the glob at `index` matches the stat.
    pub fn matches_at(&self, index: usize, name: &str) -> bool {
        self.globs.get(index).is_some_and(|glob| is_match(glob.as_bytes(), name.as_bytes()))
    }

    /// Whether what stands before the first space of a line tells whether a glob can match its name.
    pub(super) fn are_words(&self) -> bool {
        !self.has_free
    }

    /// Whether a line that begins so may be of a stat that any glob matches. White space in front of a name is none of it.
    pub(super) fn may_begin(&self, [first, second]: [u8; 2]) -> bool {
        let at = usize::from(u16::from_be_bytes([first, second]));
        self.beginnings.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Whether any glob can match a cell of a histogram on one line: the names of cells end with a number.
    pub(super) fn may_match_cells(&self) -> bool {
        self.may_match_cells
    }

    /// As [`Watch::matches`], for a name that has not been looked at yet.
    pub(super) fn matches_bytes(&self, name: &[u8]) -> bool {
        if !self.has_free {
            let (word, at) = bit(name);
            if self.sieve.get(word).is_none_or(|word| word >> at & 1 == 0) {
                return false;
            }
        }
        let Some(candidates) = name.last().and_then(|last| self.by_last.get(usize::from(*last))) else { return false };
        candidates.iter().map(|index| usize::from(*index)).any(|index| {
            let Some((glob, is_plain)) = self.globs.get(index).zip(self.are_plain.get(index)) else { return false };
            let glob = glob.as_bytes();
            if *is_plain { glob == name } else { ends_alike(glob, name) && is_match(glob, name) }
        })
    }
}

/// Whether a glob matches the stat, as in a [`Watch`].
pub fn matches_glob(glob: &str, name: &str) -> bool {
    is_match(glob.as_bytes(), name.as_bytes())
}

/// Whether the last bytes of a name can be those of a glob: the cheap half of [`is_match`].
fn ends_alike(glob: &[u8], name: &[u8]) -> bool {
    let literal = glob.iter().rev().zip(name.iter().rev()).take_while(|(glob, _)| !is_wild(**glob));
    literal.into_iter().all(|(glob, name)| glob == name)
}

fn is_wild(byte: u8) -> bool {
    matches!(byte, b'*' | b'?')
}

/// The usual walk: every `*` takes as little as possible and is given more when the rest does not fit. Only the last
/// `*` has to be tried again, so the work is bounded by the product of the lengths.
fn is_match(glob: &[u8], name: &[u8]) -> bool {
    let (mut glob_at, mut name_at) = (0, 0);
    let mut star = None;
    while name_at < name.len() {
        match glob.get(glob_at) {
            Some(b'*') => {
                star = Some((glob_at + 1, name_at));
                glob_at += 1;
            }
            Some(b'?') => {
                glob_at += 1;
                name_at = next_char(name, name_at);
            }
            Some(byte) if name.get(name_at) == Some(byte) => {
                glob_at += 1;
                name_at += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                let taken = next_char(name, taken);
                star = Some((after, taken));
                (glob_at, name_at) = (after, taken);
            }
        }
    }
    glob.get(glob_at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// The start of the character behind the one at `at`.
fn next_char(name: &[u8], at: usize) -> usize {
    let rest = name.get(at + 1..).unwrap_or_default();
    at + 1 + rest.iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count()
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
        assert!(matches("a*b*c", "a.b.b.c") && !matches("a*b*c", "a.c.b"));
        assert!(matches("*", "anything") && matches("a*", "a") && !matches("a?", "a"));
        assert!(matches("x::?", "x::é") && !matches("x::?", "x::éé") && matches("x::??", "x::éé"));
    }

    #[test]
    fn brackets_braces_and_backslashes_stand_for_themselves() {
        assert!(matches("a::[0-3]", "a::[0-3]"));
        assert!(!matches("a::[0-3]", "a::2"));
        assert!(matches("x{a,b}\\*", "x{a,b}\\anything"));
        assert!(!matches("x{a,b}", "xa"));
    }

    #[test]
    fn a_glob_of_stars_is_no_trap() {
        let name = "a".repeat(5_000);
        assert!(!matches(&"*a".repeat(200).replace("*a", "*a*b"), &name));
    }

    #[test]
    fn an_empty_glob_is_refused() {
        assert!(Watch::new(&["simTicks", ""]).is_err());
        assert!(Watch::new(&vec!["x"; MAX_GLOBS + 1]).is_err());
        assert!(Watch::new(&vec!["x"; 1_000 + 8]).is_ok(), "a file may watch a thousand, and a user adds columns");
    }
}
