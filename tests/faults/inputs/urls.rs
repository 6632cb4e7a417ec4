//! F68: secrets in URLs and the like, whatever their variable is called.

use std::fs;

use super::secrets::{LENGTHS, MARK, assert_not_on_disk, assert_silent, say_everything};
use crate::stage::{Stage, wait_for};

/// What stands before and behind a secret. None of it is a proper URL, and all of it is what people write.
const FORMS: [(&str, &str); 16] = [
    ("amqp://user:a/", "@host"),
    ("redis://user:a#", "@host"),
    ("smtp://user:a ", "@host"),
    ("http://user:a?", "@host"),
    ("http://user:a@", "@host"),
    ("HTTPS://user:a%2f", "@host"),
    ("https://", "@github.com/x"),
    ("https://a/", "@github.com/x"),
    ("http://proxy:3128,http://user:", "@proxy:3128"),
    ("http://proxy:3128 http://user:", "@proxy:3128"),
    ("mongodb://user:", "@a:1,b:2/db"),
    ("user:", "@tcp(host)/db"),
    ("jdbc:mysql://host/db?user=a&password=", ""),
    ("jdbc:sqlserver://host;user=a;Password=", ";"),
    ("https://host/x?to=https%3A%2F%2Fuser%3A", "%40host"),
    ("host=h user=u pass%77ord=", ""),
];

fn name(number: usize) -> String {
    format!("PLACE_{}", char::from(b'A' + number as u8))
}

fn value(number: usize) -> String {
    let (before, behind) = FORMS[number];
    format!("{before}{MARK}{}{behind}", name(number))
}

/// Experiment `a`, which waits at its gate, with a variable of each form.
fn experiment() -> Stage {
    let stage = Stage::new();
    stage.script("lengths.py", LENGTHS);
    let numbers = 0..FORMS.len();
    let names: Vec<String> = numbers.clone().map(name).collect();
    let env: Vec<String> = numbers.map(|number| format!("{}: '{}'", name(number), value(number))).collect();
    let (names, env) = (names.join(","), env.join(", "));
    stage.experiment("", &format!("  - {{name: a, script: lengths.py, args: [a, '{names}'], env: {{{env}}}}}\n"));
    stage
}

/// The simulation saw every value, whole.
fn assert_seen(stage: &Stage) {
    let path = stage.path("seen-a");
    let seen = wait_for("the simulation", || fs::read_to_string(&path).ok());
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    for number in 0..FORMS.len() {
        assert_eq!(seen[name(number)], value(number).len(), "{}", value(number));
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn f68_secrets_in_urls_of_every_form_reach_the_simulation_and_no_record_or_output() {
    let stage = experiment();
    let engine = stage.engine("");
    assert_seen(&stage);
    let mut said = say_everything(&stage, &[]);
    // The next engine has them again.
    engine.kill();
    stage.open("a", 1);
    said.push(stage.call("run exp.yaml"));
    stage.wait_word("a", "failed");
    stage.open("a", 0);
    fs::remove_file(stage.path("seen-a")).ok();
    said.push(stage.call("run exp.yaml").expect(0));
    assert_seen(&stage);
    said.extend(say_everything(&stage, &[]));
    said.iter().for_each(assert_silent);
    assert_not_on_disk(&stage);
}

#[test]
fn f68_a_message_about_a_line_hides_the_secrets_that_stand_there() {
    let stage = Stage::new();
    let env = format!("env: {{API_TOKEN: {MARK}0, DB: 'postgres://u:{MARK}1@h', PLAIN: shown}}");
    let url = format!("'--db=https://{MARK}2@h'");
    stage.experiment("", &format!("  - {{name: a, script: missing.py, {env}, args: [{url}]}}\n"));
    let said = stage.call("plan exp.yaml").expect(2);
    assert_silent(&said);
    for text in ["missing.py", "API_TOKEN: ******", "PLAIN: shown"] {
        assert!(said.err.contains(text), "no {text} in {}", said.err);
    }
}

#[test]
fn f68_an_argument_with_a_secret_in_its_url_is_warned_of_and_not_repeated() {
    let stage = Stage::new();
    let args = format!("args: [a, '--db=postgres://u:{MARK}@h', --mail=a@b.org]");
    stage.experiment("", &format!("  - {{name: a, script: gate.py, {args}}}\n"));
    let said = stage.call("plan exp.yaml").expect(0);
    assert!(said.err.contains("warning: the URL in this argument") && !said.err.contains(MARK), "{}", said.err);
    assert_eq!(said.err.matches("warning:").count(), 1, "{}", said.err);
}
