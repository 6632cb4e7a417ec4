//! `notify`: what is told while nobody looks.

use super::{Decoder, read_keys, single_value};
use crate::experiment::fields::{Field, Fields, listed};
use crate::experiment::model::{At, NotifyItem, NotifyKeys, ThresholdKeys};
use crate::experiment::notify::{EnvText, MAX_RULES, Occasion, Post, Side, Threshold, Way};
use crate::experiment::problem::Problem;
use crate::experiment::secret;
use crate::experiment::table::{Section, notify_keys, threshold_keys};
use crate::experiment::units;
use crate::experiment::yaml::{Kind, Node, brief, quoted_item};
use crate::text::nearest;

const EXAMPLE: &str = "{on: [done, failed], run: [notify-send, gem5]}";
const THRESHOLD: &str = "{stat: system.cpu.ipc, below: 0.1}";
const SECRET: &str = "keep it in a variable of the environment: `${env:NAME}`";

/// Headers that a request has of itself.
const OWN_HEADERS: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "expect"];

impl Decoder<'_> {
    pub(super) fn notify(&mut self, field: Field<'_>) -> Option<Vec<NotifyItem>> {
        // One alone needs no list.
        let items = match &field.value.kind {
            Kind::Map(_) => std::slice::from_ref(field.value),
            _ => self.list(field)?,
        };
        if let Some(first) = items.get(MAX_RULES) {
            let problem = Problem::error(first.id, format!("`notify` has more than {MAX_RULES} items"));
            return self.refuse(problem.help("one item may have several words under `on`"));
        }
        Some(items.iter().filter_map(|item| self.notify_item(item)).collect())
    }

    fn notify_item(&mut self, item: &Node) -> Option<NotifyItem> {
        let fields = Fields::read(item, "an item of `notify`", EXAMPLE, self.problems)?;
        let unknown = fields.check(Section::Notify, self.problems);
        let before = self.problems.errors();
        let keys = notify_keys!(read_keys self fields NotifyKeys {});
        match (fields.key("run"), fields.key("post")) {
            (None, None) if !unknown.may_be_any(&["run", "post"]) => {
                let problem = Problem::error(item.id, "an item of `notify` has neither `run` nor `post`");
                self.problems.push(problem.help(format!("write it as `{EXAMPLE}`, or with `post: https://…`")));
            }
            (Some(run), Some(post)) => {
                let problem = Problem::error(post, "an item of `notify` has one of `run` and `post`");
                self.problems.push(problem.related(run, "the other one").help("make two items of it"));
            }
            _ => {}
        }
        if let Some(headers) = fields.key("headers").filter(|_| fields.key("post").is_none() && unknown.is_empty()) {
            let problem = Problem::error(headers, "`headers` go with `post`");
            self.problems.push(problem.help("a command gets all by its environment and its standard input"));
        }
        if self.problems.errors() > before {
            return None;
        }
        let (way, at) = match (keys.run, keys.post) {
            (Some(words), _) => {
                let at = words.first()?.at;
                (Way::Run(words.into_iter().map(|word| word.value).collect()), at)
            }
            (None, Some(url)) => {
                (Way::Post(Post { url: url.value, headers: keys.headers.unwrap_or_default() }), url.at)
            }
            (None, None) => return None,
        };
        let all = || Occasion::WORDS.map(|(_, occasion)| At { value: occasion, at }).to_vec();
        Some(NotifyItem { on: keys.on.unwrap_or_else(all), way, at })
    }

    pub(super) fn occasions(&mut self, field: Field<'_>) -> Option<Vec<At<Occasion>>> {
        let items = match &field.value.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(field.value),
        };
        if items.is_empty() {
            let problem = Problem::error(field.value.id, "`on` names nothing that is told");
            return self.refuse(problem.help("write `on: [done, failed]`, or leave it out"));
        }
        self.few_conditions(field, items)?;
        Some(items.iter().filter_map(|item| self.occasion(item)).collect())
    }

    fn occasion(&mut self, item: &Node) -> Option<At<Occasion>> {
        if matches!(item.kind, Kind::Map(_)) {
            let threshold = self.threshold(item)?;
            return Some(At { value: Occasion::Stat(threshold), at: item.id });
        }
        let Some(scalar) = item.as_scalar() else { return self.refuse(single_value("on", item)) };
        if let Some((_, occasion)) = Occasion::WORDS.iter().find(|(word, _)| *word == scalar.text) {
            return Some(At { value: occasion.clone(), at: item.id });
        }
        let words = Occasion::WORDS.map(|(word, _)| word);
        let problem = Problem::error(item.id, format!("nothing is told on `{}`", brief(&scalar.text)));
        let near = nearest(&scalar.text, words).or_else(|| meant_by_others(&scalar.text));
        self.refuse(problem.help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is {}, or `{THRESHOLD}`", listed(&words)),
        }))
    }

    fn threshold(&mut self, item: &Node) -> Option<Threshold> {
        let fields = Fields::read(item, "a threshold", THRESHOLD, self.problems)?;
        let unknown = fields.check(Section::Threshold, self.problems);
        let before = self.problems.errors();
        let keys = threshold_keys!(read_keys self fields ThresholdKeys {});
        for (wanted, message) in [
            (&["stat"] as &[&str], "a threshold has no `stat`"),
            (&["below", "above"], "a threshold has neither `below` nor `above`"),
        ] {
            if wanted.iter().all(|key| fields.key(key).is_none()) && !unknown.may_be_any(wanted) {
                let problem = Problem::error(item.id, message);
                self.problems.push(problem.help(format!("write it as `{THRESHOLD}`")));
            }
        }
        if let (Some(below), Some(above)) = (fields.key("below"), fields.key("above")) {
            let problem = Problem::error(above, "a threshold has one of `below` and `above`");
            self.problems.push(problem.related(below, "the other one").help("make two items of it"));
        }
        if self.problems.errors() > before {
            return None;
        }
        let stat = keys.stat?.value;
        let (side, value) =
            keys.below.map(|value| (Side::Below, value)).or(keys.above.map(|value| (Side::Above, value)))?;
        Some(Threshold { stat, side, value })
    }

    pub(super) fn stat_name(&mut self, field: Field<'_>) -> Option<At<String>> {
        let name = self.text(field)?;
        if name.value.is_empty() {
            self.expected(field, "the name of a stat, such as `system.cpu.ipc`")
        } else {
            Some(name)
        }
    }

    pub(super) fn any_number(&mut self, field: Field<'_>) -> Option<f64> {
        match self.scalar(field)?.text.as_str() {
            text if let Some(number) = units::number(text).filter(|number| number.is_finite()) => Some(number),
            _ => self.expected(field, "a number"),
        }
    }

    /// The words of a command. No shell reads them, and nothing is filled in.
    pub(super) fn command_words(&mut self, field: Field<'_>) -> Option<Vec<At<String>>> {
        if let Some(scalar) = field.value.as_scalar() {
            let words: Vec<String> = scalar.text.split_whitespace().map(quoted_item).collect();
            let problem = Problem::error(field.place(), format!("`{}` must be a list", field.name));
            let problem = problem.label("no shell reads it");
            return self.refuse(problem.help(format!("write one item for each word: `run: [{}]`", words.join(", "))));
        }
        let words = self.texts(field)?;
        match words.first() {
            Some(first) if !first.value.is_empty() => Some(words),
            first => {
                let at = first.map_or(field.value.id, |first| first.at);
                let problem = Problem::error(at, format!("`{}` names no program", field.name));
                self.refuse(problem.help("write `run: [notify-send, gem5]`, one item for each word"))
            }
        }
    }

    pub(super) fn address(&mut self, field: Field<'_>) -> Option<At<EnvText>> {
        let url = self.env_text(field.name, field.value)?;
        let at = url.at;
        let written = url.value.written();
        let is_whole = written.starts_with("${env:");
        let rest = ["https://", "http://"].into_iter().find_map(|scheme| written.strip_prefix(scheme));
        let host = rest.map(|rest| &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]);
        if !is_whole && host.is_none_or(|host| host.is_empty() || host.starts_with(':')) {
            return self.refuse(
                Problem::error(at, "`post` is no address of a web server")
                    .help("write `post: https://host/path`; a secret in it stands as `${env:NAME}`"),
            );
        }
        if written.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return self.refuse(Problem::error(at, "an address has no blanks").help("write a blank as `%20`"));
        }
        if secret::url_with_secret(&url.value.literals()) {
            return self.refuse(Problem::error(at, "the address holds a secret").help(SECRET));
        }
        Some(url)
    }

    pub(super) fn headers(&mut self, field: Field<'_>) -> Option<Vec<(String, EnvText)>> {
        let fields = Fields::read(field.value, "`headers`", "headers: {Title: gem5}", self.problems)?;
        let headers = fields.iter().filter_map(|header| self.header(header));
        Some(headers.collect())
    }

    fn header(&mut self, header: Field<'_>) -> Option<(String, EnvText)> {
        let name = header.name;
        // RFC 9110, section 5.6.2.
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            return self
                .refuse(Problem::error(header.key, format!("`{}` cannot be the name of a header", brief(name))));
        }
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let problem = Problem::error(header.key, format!("the request has a `{name}` of its own"));
            return self.refuse(problem.help("remove it"));
        }
        if header.is_empty() {
            let problem = Problem::error(header.key, format!("`{name}` has no value"));
            return self.refuse(problem.help("give it one or remove the key"));
        }
        let value = self.env_text(name, header.value)?;
        if value.value.written().chars().any(char::is_control) {
            return self.refuse(Problem::error(value.at, "a header is one line"));
        }
        let literal = value.value.literals();
        if secret::is_secret(name) && literal == value.value.written() && !literal.is_empty() {
            return self.refuse(Problem::error(value.at, format!("`{name}` looks like a secret")).help(SECRET));
        }
        Some((name.to_owned(), value.value))
    }

    fn env_text(&mut self, name: &str, node: &Node) -> Option<At<EnvText>> {
        let Some(scalar) = node.as_scalar() else {
            let problem = Problem::error(node.id, format!("`{name}` must be a single value"));
            return self.refuse(problem.label(format!("found {}", node.describe())));
        };
        match EnvText::parse(&scalar.text) {
            Ok(value) => Some(At { value, at: node.id }),
            Err(wrong) => {
                let shown = brief(&scalar.text[wrong.at.clone()]);
                let problem = Problem::error(node.id, format!("`{shown}` cannot be filled in: {}", wrong.reason));
                let help = "`${env:NAME}` is a variable of the environment; write `$$` for a dollar sign";
                self.refuse(problem.part(&scalar.text, wrong.at).help(help))
            }
        }
    }
}

/// Words that other tools use.
fn meant_by_others(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "end" | "ended" | "finish" | "finished" | "complete" | "completed" | "success" | "all" => Some("done"),
        "fail" | "failure" | "failures" | "error" | "errors" | "crash" | "crashed" => Some("failed"),
        "stall" | "hang" | "hung" | "idle" => Some("stalled"),
        "disk_full" | "diskfull" | "space" | "full" => Some("disk"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_tools_lead_to_ours() {
        let known = Occasion::WORDS.map(|(word, _)| word);
        for word in ["finished", "Error", "hang", "full"] {
            assert!(meant_by_others(word).is_some_and(|meant| known.contains(&meant)), "{word}");
        }
    }
}
