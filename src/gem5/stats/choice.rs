//! Which dump of a file is meant, as a user says it.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::dump::MAX_LABEL;

/// So far from the end a dump can be asked for: what is between it and the end is kept in mind.
const MOST_FROM_END: u32 = 1_000;

/// One dump among those that count: the complete ones that nobody asked for from outside.
///
/// Its text is what `dump:` and `--dump` take, and what records hold. What takes several dumps together stands beside this
/// type, as [`ResultDump`](super::ResultDump) does, not in it: every choice here has one dump at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Choice {
    /// The N-th, counted from one.
    FromStart(NonZeroU32),
    /// The N-th from the end; 1 is the last one.
    FromEnd(NonZeroU32),
    /// The last one whose label matches the glob.
    Label(String),
    /// The one with the N-th interval of simulated time, where those that repeat one and empty ones do not count.
    Roi(NonZeroU32),
}

impl Choice {
    /// The last one.
    pub const LAST: Self = Self::FromEnd(NonZeroU32::MIN);
    /// The first one.
    pub const FIRST: Self = Self::FromStart(NonZeroU32::MIN);

    /// Whether it is the last one, which is what counts where nothing is said.
    pub fn is_last(&self) -> bool {
        *self == Self::LAST
    }

    /// A place, as one whole number: from the start, or below zero from the end.
    ///
    /// # Errors
    /// For zero, and for what is too far from the end.
    pub fn at(place: i64) -> Result<Self, ChoiceError> {
        let far = u32::try_from(place.unsigned_abs()).ok().ok_or(ChoiceError::TooFar)?;
        let far = NonZeroU32::new(far).ok_or(ChoiceError::Zero)?;
        match place {
            ..0 if far.get() > MOST_FROM_END => Err(ChoiceError::TooFar),
            ..0 => Ok(Self::FromEnd(far)),
            0.. => Ok(Self::FromStart(far)),
        }
    }

    /// The interval of this number.
    ///
    /// # Errors
    /// For what is no number from one.
    pub fn roi(number: u64) -> Result<Self, ChoiceError> {
        u32::try_from(number).ok().and_then(NonZeroU32::new).map(Self::Roi).ok_or(ChoiceError::Roi)
    }

    /// The dump with such a label.
    ///
    /// # Errors
    /// For an empty glob, and for one that is longer than a label can be.
    pub fn label(glob: &str) -> Result<Self, ChoiceError> {
        match glob.len() {
            0 => Err(ChoiceError::Label),
            1..=MAX_LABEL => Ok(Self::Label(glob.to_owned())),
            _ => Err(ChoiceError::LongLabel),
        }
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self::LAST
    }
}

/// Why a text names no dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// It is none of the words.
    #[error("a dump is `last`, `first`, a number such as `2` or `-2`, `label:GLOB` or `roi:N`")]
    Unknown,
    /// It is zero.
    #[error("dumps are counted from 1, and from the end from -1")]
    Zero,
    /// It is too far.
    #[error("dumps are counted to 4294967295 from the start, and to -{MOST_FROM_END} from the end")]
    TooFar,
    /// The number of an interval is none.
    #[error("regions of interest are counted from 1, such as `roi:2`")]
    Roi,
    /// There is no glob.
    #[error("an empty glob matches no label; name one, such as `label:ROI*`")]
    Label,
    /// The glob is longer than any label.
    #[error("a label has {MAX_LABEL} bytes at most; use `*` for the rest")]
    LongLabel,
}

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "last" => Ok(Self::LAST),
            "first" => Ok(Self::FIRST),
            text => match text.split_once(':') {
                Some(("label", glob)) => Self::label(glob),
                Some(("roi", number)) => Self::roi(number.trim().parse().ok().ok_or(ChoiceError::Roi)?),
                Some(_) => Err(ChoiceError::Unknown),
                None => Self::at(text.parse().ok().ok_or(ChoiceError::Unknown)?),
            },
        }
    }
}

impl TryFrom<String> for Choice {
    type Error = ChoiceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Choice> for String {
    fn from(choice: Choice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromStart(NonZeroU32::MIN) => f.write_str("first"),
            Self::FromEnd(NonZeroU32::MIN) => f.write_str("last"),
            Self::FromStart(place) => write!(f, "{place}"),
            Self::FromEnd(place) => write!(f, "-{place}"),
            Self::Label(glob) => write!(f, "label:{glob}"),
            Self::Roi(number) => write!(f, "roi:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_written_as_it_is_read() {
        for text in ["first", "last", "2", "-2", "label:ROI*", "label:a: b", "roi:3"] {
            assert_eq!(text.parse::<Choice>().map(|choice| choice.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(("1".parse(), "-1".parse()), (Ok(Choice::FIRST), Ok(Choice::LAST)));
        assert_eq!(serde_json::to_string(&Choice::LAST).unwrap(), "\"last\"");
        assert!(serde_json::from_str::<Choice>("\"0\"").is_err());
    }

    #[test]
    fn what_names_no_dump_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<Choice>().unwrap_err();
        assert_eq!((refused("0"), refused("-0")), (ChoiceError::Zero, ChoiceError::Zero));
        assert_eq!((refused("-1001"), refused("4294967296")), (ChoiceError::TooFar, ChoiceError::TooFar));
        assert_eq!(
            (refused("roi:0"), refused("roi:x"), refused("label:")),
            (ChoiceError::Roi, ChoiceError::Roi, ChoiceError::Label)
        );
        assert_eq!(refused(&format!("label:{}", "x".repeat(257))), ChoiceError::LongLabel);
        for text in ["", "all", "1.5", "lable:x", "2nd"] {
            assert_eq!(refused(text), ChoiceError::Unknown, "{text}");
        }
    }
}
