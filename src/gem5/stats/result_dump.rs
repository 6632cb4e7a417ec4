//! Which dumps results are made of, as a user says it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::choice::{Choice, ChoiceError};

/// The dumps of each simulation that results are made of. Its text is what `dump:` of `results` and `--dump` of its commands take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ResultDump {
    /// One of them.
    One(Choice),
    /// Each by itself: a row for each of them, and no table.
    Each,
    /// All of them added up, where none counts what another one does.
    Sum,
}

/// What stands for [`ResultDump::Each`].
const EACH: &str = "each";
/// What stands for [`ResultDump::Sum`], and what it is over.
const SUM: &str = "sum";
const ALL: &str = "all";

impl ResultDump {
    /// The choice, if one dump is meant.
    pub fn one(&self) -> Option<&Choice> {
        match self {
            Self::One(choice) => Some(choice),
            Self::Each | Self::Sum => None,
        }
    }

    /// What is added up, of which there is only `all`.
    ///
    /// # Errors
    /// For another word.
    pub fn sum(over: &str) -> Result<Self, ResultDumpError> {
        if over.trim() == ALL { Ok(Self::Sum) } else { Err(ResultDumpError::Sum) }
    }
}

impl Default for ResultDump {
    fn default() -> Self {
        Self::One(Choice::default())
    }
}

impl From<Choice> for ResultDump {
    fn from(choice: Choice) -> Self {
        Self::One(choice)
    }
}

/// Why a text says nothing of dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResultDumpError {
    /// It is none of the words.
    #[error(
        "the dump of results is `last`, `first`, a number such as `2` or `-2`, `label:GLOB`, `roi:N`, `each` or `sum:all`"
    )]
    Unknown,
    /// A sum of something else.
    #[error("only all dumps can be added up: `sum:all`")]
    Sum,
    /// It names one dump, and wrongly.
    #[error(transparent)]
    One(ChoiceError),
}

impl FromStr for ResultDump {
    type Err = ResultDumpError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.trim(), text.trim().split_once(':')) {
            (EACH, _) => Ok(Self::Each),
            (SUM, _) => Err(ResultDumpError::Sum),
            (_, Some((SUM, over))) => Self::sum(over),
            (one, _) => one.parse().map(Self::One).map_err(|why| match why {
                ChoiceError::Unknown => ResultDumpError::Unknown,
                why => ResultDumpError::One(why),
            }),
        }
    }
}

impl TryFrom<String> for ResultDump {
    type Error = ResultDumpError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ResultDump> for String {
    fn from(dump: ResultDump) -> Self {
        dump.to_string()
    }
}

impl fmt::Display for ResultDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(choice) => choice.fmt(f),
            Self::Each => f.write_str(EACH),
            Self::Sum => write!(f, "{SUM}:{ALL}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_is_read_and_reads_what_named_one_dump() {
        for text in ["each", "sum:all", "first", "last", "2", "-2", "label:each", "label:sum:all", "roi:3"] {
            let dump: ResultDump = text.parse().unwrap();
            assert_eq!(dump.to_string(), text);
            let json = serde_json::to_string(&dump).unwrap();
            assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), (format!("\"{text}\"").as_str(), dump));
            let one = text.parse::<Choice>().ok();
            assert_eq!(text.parse::<ResultDump>().unwrap().one(), one.as_ref(), "{text}");
        }
    }

    #[test]
    fn what_says_nothing_of_dumps_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<ResultDump>().unwrap_err();
        assert_eq!(
            (refused("sum"), refused("sum:roi"), refused("sum:")),
            (ResultDumpError::Sum, ResultDumpError::Sum, ResultDumpError::Sum)
        );
        assert_eq!(
            (refused("0"), refused("roi:0")),
            (ResultDumpError::One(ChoiceError::Zero), ResultDumpError::One(ChoiceError::Roi))
        );
        for text in ["", "all", "each:2", "total"] {
            assert_eq!(refused(text), ResultDumpError::Unknown, "{text}");
        }
    }
}
