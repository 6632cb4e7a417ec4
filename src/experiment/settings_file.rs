//! A YAML file that is no experiment, such as the configuration of a user, read as carefully as one: with the same reader, and with
//! places for all that is wrong.

use super::problem::{Problem, Problems};
use super::yaml::{self, Document, Kind, Node, ScalarKind};
use crate::diagnostic::Diagnostics;

/// A file that was read.
#[derive(Debug)]
pub struct SettingsFile<'t> {
    shown: String,
    document: Document<'t>,
}

/// A value of it, or a key.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'f>(&'f Node);

/// What is wrong with it, so far.
#[derive(Debug, Default)]
pub struct Complaints(Problems);

impl<'t> SettingsFile<'t> {
    /// Reads the text of the file that is called `shown`, and complains of keys that are there twice.
    ///
    /// # Errors
    /// Where the text is no YAML.
    pub fn parse(text: &'t str, shown: &str, complaints: &mut Complaints) -> Result<Self, Diagnostics> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match yaml::parse(text) {
            Ok(document) => {
                super::refuse_repeated(&document.root, &mut complaints.0);
                Ok(Self { shown: shown.to_owned(), document })
            }
            Err(diagnostic) => Err(Diagnostics::new(shown, text, vec![*diagnostic], 0)),
        }
    }

    /// All that it says.
    pub fn root(&self) -> Setting<'_> {
        Setting(&self.document.root)
    }

    /// The line on which a value begins, from one.
    pub fn line(&self, setting: Setting<'_>) -> usize {
        self.document.places().of(setting.0.id).line
    }

    /// What is wrong with it, with places; and whether it can be used nevertheless.
    pub fn complete(&self, complaints: Complaints) -> (Diagnostics, bool) {
        let is_usable = complaints.0.errors() == 0;
        (complaints.0.locate(&self.shown, &self.document), is_usable)
    }
}

impl<'f> Setting<'f> {
    /// Whether nothing is said there.
    pub fn is_empty(self) -> bool {
        self.0.as_scalar().is_some_and(yaml::Scalar::is_null)
    }

    /// The text of a single value, as it was written.
    pub fn text(self) -> Option<&'f str> {
        self.0.as_scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.as_str())
    }

    /// The truth value, if it is one.
    pub fn truth(self) -> Option<bool> {
        match self.0.as_scalar()?.kind {
            ScalarKind::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn items(self) -> Option<Vec<Self>> {
        match &self.0.kind {
            Kind::List(items) => Some(items.iter().map(Self).collect()),
            _ => None,
        }
    }

    /// The keys of a map with their values, none of them twice.
    pub fn fields(self) -> Option<Vec<(Self, Self)>> {
        match &self.0.kind {
            Kind::Map(entries) => {
                let mut fields: Vec<(Self, Self)> = Vec::new();
                for entry in entries {
                    if !fields.iter().any(|(key, _)| key.0.kind == entry.key.kind) {
                        fields.push((Self(&entry.key), Self(&entry.value)));
                    }
                }
                Some(fields)
            }
            _ => None,
        }
    }

    /// What was found, for "found …".
    pub fn describe(self) -> String {
        self.0.describe()
    }
}

impl Complaints {
    /// Something that makes the file unusable, and what to do about it.
    pub fn refuse(&mut self, at: Setting<'_>, message: impl Into<String>, label: Option<String>, help: Option<String>) {
        let problem = Problem::error(at.0.id, message).maybe_help(help);
        self.0.push(match label {
            Some(label) => problem.label(label),
            None => problem,
        });
    }

    /// The same about two places.
    pub fn refuse_both(&mut self, at: Setting<'_>, other: Option<Setting<'_>>, message: String, help: String) {
        let problem = Problem::error(at.0.id, message).help(help);
        self.0.push(match other {
            Some(other) => problem.related(other.0.id, "and here"),
            None => problem,
        });
    }

    /// Something that is probably not meant so.
    pub fn doubt(&mut self, at: Setting<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.0.push(Problem::warning(at.0.id, message).help(help));
    }
}
