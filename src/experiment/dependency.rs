//! What a simulation waits for: another one of the plan, and which end of it.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One simulation that another one needs.
///
/// In records and JSON it is the name alone where that must end ok, as it always was, and `{"name": …, "when": "ended"}` otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Which end is waited for.
    pub when: When,
}

/// Which end of a needed simulation is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// It must end ok.
    #[default]
    Ok,
    /// It must have ended, in whatever way, or never start by itself. An end that nobody saw is none: what is `lost` may still run.
    Ended,
}

impl When {
    /// The word in the experiment file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Ended => "ended",
        }
    }
}

impl Dependency {
    /// One that must end ok.
    pub fn ok(name: impl Into<String>) -> Self {
        Self { name: name.into(), when: When::Ok }
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::Ok => f.write_str(&self.name),
            When::Ended => write!(f, "{} (once it has ended)", self.name),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Whole {
    name: String,
    when: When,
}

impl Serialize for Dependency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.when {
            When::Ok => serializer.serialize_str(&self.name),
            when @ When::Ended => Whole { name: self.name.clone(), when }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Dependency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Dependency;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a simulation, or its name and when")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Dependency, E> {
                Ok(Dependency::ok(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Dependency, A::Error> {
                let Whole { name, when } = Whole::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Dependency { name, when })
            }
        }

        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_must_end_ok_is_recorded_as_earlier_releases_did() {
        let both = [Dependency::ok("a"), Dependency { name: "b".to_owned(), when: When::Ended }];
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(text, r#"["a",{"name":"b","when":"ended"}]"#);
        assert_eq!(serde_json::from_str::<Vec<Dependency>>(&text).unwrap(), both);
    }
}
