//! What is told to whom while nobody looks: which events, and by which command or request.
//!
//! An address of a webhook is often a secret itself, and so is what a header carries. `${env:NAME}` stands for a variable of the
//! engine's environment and is filled in as the request is made, so a file that uses it holds no secret. What is written out all the
//! same is kept from records and messages like the other secrets (`secret/`).

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The most items of `notify`: each has a thread of the engine.
pub(super) const MAX_RULES: usize = 16;

/// One item of `notify`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotifyRule {
    /// What is told. At least one.
    pub on: Vec<Occasion>,
    /// How.
    #[serde(flatten)]
    pub way: Way,
}

/// Something that may be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// Everything has ended.
    Done,
    /// A simulation ended otherwise than ok, and is not tried again by itself.
    Failed,
    /// A simulation was ended because it did nothing for too long.
    Stalled,
    /// The disk is nearly full, or a simulation was ended for what it wrote.
    Disk,
    /// A watched stat is beyond a value.
    Stat(Threshold),
}

impl Occasion {
    /// Those that are a word, with their words.
    pub(super) const WORDS: [(&'static str, Self); 4] =
        [("done", Self::Done), ("failed", Self::Failed), ("stalled", Self::Stalled), ("disk", Self::Disk)];
}

/// A value that a stat should not be beyond.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The stat, as it stands under `watch`.
    pub stat: String,
    /// On which side of the value it is told.
    pub side: Side,
    /// The value; it does not count as beyond itself.
    pub value: f64,
}

/// A side of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Less than it.
    Below,
    /// More than it.
    Above,
}

impl Threshold {
    /// Whether a value is beyond it. What is no number is beyond nothing.
    pub fn is_crossed_by(&self, value: f64) -> bool {
        match self.side {
            Side::Below => value < self.value,
            Side::Above => value > self.value,
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Below => "below",
            Side::Above => "above",
        };
        write!(f, "{} {side} {}", self.stat, self.value)
    }
}

/// How something is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By a command: its words, of which the first one is a name on PATH or an absolute path.
    Run(Vec<String>),
    /// By a request to a web server.
    Post(Post),
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Where to.
    pub url: EnvText,
    /// What else it has at its head: names, and what they stand for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, EnvText)>,
}

/// A text as it is written, in which `${env:NAME}` stands for a variable of the engine's environment, and `$$` for a dollar sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnvText(String);

/// Why a text is none of that kind, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: Range<usize>,
    pub(super) reason: &'static str,
}

/// A part of a text.
enum Piece<'t> {
    Literal(&'t str),
    Variable(&'t str),
}

/// How a placeholder begins.
const OPEN: &str = "${env:";

impl EnvText {
    /// Takes a text as it is written.
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        pieces(text)?;
        Ok(Self(text.to_owned()))
    }

    /// A text that stands for itself, such as one that stands for what may not be written down.
    pub(super) fn literal(text: &str) -> Self {
        Self(text.replace('$', "$$"))
    }

    /// As it is written.
    pub fn written(&self) -> &str {
        &self.0
    }

    /// The text with the values of its variables.
    ///
    /// # Errors
    /// The first variable that has none.
    pub fn fill(&self, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        // Nothing else is ever made; of a record that somebody has changed it is the text.
        let Ok(pieces) = pieces(&self.0) else { return Ok(self.0.clone()) };
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(text) => filled.push_str(text),
                Piece::Variable(name) => filled.push_str(&variable(name).ok_or_else(|| name.to_owned())?),
            }
        }
        Ok(filled)
    }

    /// Whether any variable is in it.
    pub(super) fn has_variables(&self) -> bool {
        let is_variable = |piece: &Piece<'_>| matches!(piece, Piece::Variable(_));
        pieces(&self.0).is_ok_and(|pieces| pieces.iter().any(is_variable))
    }

    /// What of it is no variable.
    pub(super) fn literals(&self) -> String {
        let pieces = pieces(&self.0).unwrap_or_default();
        let literal = |piece: &Piece<'_>| match piece {
            Piece::Literal(text) => (*text).to_owned(),
            Piece::Variable(_) => String::new(),
        };
        pieces.iter().map(literal).collect()
    }
}

impl Post {
    /// The scheme and the host, which are no secrets and say where it goes: all of it where the rest holds nothing but variables.
    pub fn shown(&self) -> &str {
        let url = self.url.written();
        &url[..host_end(url)]
    }
}

/// Where the host of a URL ends. Nobody's name and password are part of what is shown.
pub(super) fn host_end(url: &str) -> usize {
    let Some(start) = url.find("://").map(|at| at + 3) else { return if url.contains(OPEN) { url.len() } else { 0 } };
    let end = url[start..].find(['/', '?', '#', '@', '\\']).map_or(url.len(), |at| start + at);
    if url[end..].starts_with('@') { start } else { end }
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Malformed> {
    let mut pieces = Vec::new();
    let (mut begun, mut at) = (0, 0);
    while let Some(dollar) = text[at..].find('$').map(|found| at + found) {
        let rest = &text[dollar..];
        if rest.starts_with("$$") {
            pieces.push(Piece::Literal(&text[begun..=dollar]));
            (begun, at) = (dollar + 2, dollar + 2);
        } else if rest.starts_with("${") {
            let Some(length) = rest.find('}') else {
                return Err(Malformed { at: dollar..dollar + 2, reason: "`${` is never closed" });
            };
            let whole = dollar..dollar + length + 1;
            let name = rest[..length].strip_prefix(OPEN);
            let Some(name) = name.filter(|name| is_variable(name)) else {
                return Err(Malformed { at: whole, reason: "it stands for nothing" });
            };
            pieces.push(Piece::Literal(&text[begun..dollar]));
            pieces.push(Piece::Variable(name));
            (begun, at) = (whole.end, whole.end);
        } else {
            at = dollar + 1;
        }
    }
    pieces.push(Piece::Literal(&text[begun..]));
    Ok(pieces)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_once_and_all_else_stays() {
        let filled = |text: &str| {
            let variable = |name: &str| match name {
                "A" => Some("${env:B}".to_owned()),
                "EMPTY" => Some(String::new()),
                _ => None,
            };
            EnvText::parse(text).unwrap().fill(variable)
        };
        assert_eq!(filled("https://x/${env:A}?a=$1&b=$$").unwrap(), "https://x/${env:B}?a=$1&b=$");
        assert_eq!(filled("${env:EMPTY}$").unwrap(), "$");
        assert_eq!(filled("$${env:A}").unwrap(), "${env:A}");
        assert_eq!(filled("x${env:MISSING}").unwrap_err(), "MISSING");
        assert_eq!(EnvText::literal("a$b${c").fill(|_| None).unwrap(), "a$b${c");
    }

    #[test]
    fn what_is_no_variable_is_refused_where_it_stands() {
        for (text, at) in [("a${x}", 1..5), ("${env:}", 0..7), ("${env:1A}", 0..9), ("ab${env:A", 2..4)] {
            assert_eq!(EnvText::parse(text).unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn only_the_host_of_an_address_is_shown() {
        for (url, shown) in [
            ("https://hooks.example.com/services/T0/B0/x", "https://hooks.example.com"),
            ("https://example.com:8443?token=x", "https://example.com:8443"),
            ("https://user:word@example.com/x", "https://"),
            ("${env:HOOK}", "${env:HOOK}"),
            ("https://${env:HOST}/x", "https://${env:HOST}"),
            ("nonsense", ""),
        ] {
            let post = Post { url: EnvText::parse(url).unwrap(), headers: Vec::new() };
            assert_eq!(post.shown(), shown, "{url}");
        }
    }

    #[test]
    fn a_value_is_not_beyond_itself_and_no_number_is_beyond_any() {
        let below = Threshold { stat: "ipc".into(), side: Side::Below, value: 0.5 };
        let above = Threshold { side: Side::Above, ..below.clone() };
        assert_eq!([0.4, 0.5, 0.6, f64::NAN].map(|value| below.is_crossed_by(value)), [true, false, false, false]);
        assert_eq!([0.4, 0.5, 0.6, f64::NAN].map(|value| above.is_crossed_by(value)), [false, false, true, false]);
        assert_eq!(below.to_string(), "ipc below 0.5");
    }
}
