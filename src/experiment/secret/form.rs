//! Whether a value gives away by its form that it holds a secret, whatever its variable is called.
//!
//! A URL has its password before an `@` (RFC 3986, section 3.2.1) or in a parameter. What people write is no proper URL: a
//! password with a `/`, a `#` or a blank in it reads as a path to whoever follows the RFC, and a list of hosts as one of many.
//! So no URL is taken apart here. All that is asked is whether an `@` stands where a password may stand before it, and whether
//! a parameter is called like a secret.
//!
//! The awkward truth: a path may have an `@` too, and its value is then withheld for nothing. That costs a line in a record,
//! and the other mistake costs a password.

use std::borrow::Cow;

use super::is_secret;

/// Schemes that take no password before the `@`, only a name: the key is a file (ssh(1)).
const NAMES_ONLY: [&str; 7] = ["ssh", "sftp", "scp", "git", "git+ssh", "svn+ssh", "rsync"];

/// Times that `%` is decoded: a URL in a parameter of a URL is encoded once more.
const DECODED: usize = 3;

/// Whether a value in its own form holds a secret. `is_list` says that it is a list of paths, in which a `:` separates.
pub(super) fn holds_secret(value: &str, is_list: bool) -> bool {
    any_layer(value, |value| url_with_user(value) || named_parameter(value) || !is_list && user_and_password(value))
}

/// Whether a text has a URL with a secret in it. Asked of arguments, in which an `@` and a `=` have many meanings.
pub(in crate::experiment) fn url_with_secret(text: &str) -> bool {
    any_layer(text, |text| url_with_user(text) || text.split_once("://").is_some_and(|(_, rest)| named_parameter(rest)))
}

/// Whether it is so of the value or of what `%` in it stands for.
fn any_layer(value: &str, is_so: impl Fn(&str) -> bool) -> bool {
    let mut layer = Cow::Borrowed(value);
    for _ in 0..=DECODED {
        if is_so(&layer) {
            return true;
        }
        let decoded = decoded(&layer);
        if decoded == layer {
            return false;
        }
        layer = Cow::Owned(decoded.into_owned());
    }
    false
}

/// Whether something stands before an `@` behind a `//`: a user and a password, or a token alone.
fn url_with_user(value: &str) -> bool {
    let mut scheme = value;
    for (at, _) in value.match_indices("//") {
        let before = &scheme[..at - (value.len() - scheme.len())];
        let rest = &value[at + 2..];
        scheme = rest;
        let Some(before) = before.strip_suffix(':').or_else(|| ends_a_word(before).then_some("")) else { continue };
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).next().unwrap_or("");
        let Some(end) = rest.find('@') else { continue };
        let user = &rest[..end];
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let takes_names = NAMES_ONLY.iter().any(|known| scheme.eq_ignore_ascii_case(known));
        if !(takes_names && user.chars().all(is_name) && !rest[end + 1..].contains('@')) {
            return true;
        }
    }
    false
}

/// Whether a word could begin behind `text`.
fn ends_a_word(text: &str) -> bool {
    text.chars().next_back().is_none_or(|c| c.is_whitespace() || ",;=\"'(|<".contains(c))
}

/// Whether it has `user:password@host` without a scheme: a word, a `:`, and an `@` somewhere behind it.
fn user_and_password(value: &str) -> bool {
    let Some(last) = value.rfind('@') else { return false };
    value[..last].match_indices(':').any(|(at, _)| {
        let (before, behind) = (&value[..at], &value[at + 1..last]);
        let user = before.rsplit(|c: char| c.is_whitespace() || ",;=\"'(|<".contains(c)).next().unwrap_or("");
        let is_user = !user.is_empty() && !user.contains(['/', '@', ':']);
        // A URL was judged by its scheme, and `mail: a@b` is no login.
        let is_password = !behind.starts_with("//") && !behind.starts_with(char::is_whitespace) && !behind.is_empty();
        is_user && is_password
    })
}

/// Whether it has `name=value`, or `name: value` as in a header or in JSON, with the name of a secret.
fn named_parameter(value: &str) -> bool {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '\\');
    value.match_indices(['=', ':']).any(|(at, sign)| {
        let (before, behind) = (value[..at].trim_end(), &value[at + 1..]);
        let unquoted = before.trim_end_matches(is_quote).trim_end();
        // A `:` alone separates paths and ports.
        let is_sign = sign == "=" || unquoted.len() < before.len() || behind.starts_with(char::is_whitespace);
        let is_key = |c: char| c.is_alphanumeric() || "_-.".contains(c);
        let key = unquoted.rsplit(|c| !is_key(c)).next().unwrap_or("");
        is_sign && is_secret(key) && behind.contains(|c: char| !c.is_whitespace() && !is_quote(c))
    })
}

/// The text with each `%2F` as the character that it stands for.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (digit(at + 1), digit(at + 2)) {
            (Some(high), Some(low)) if byte == b'%' => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_that_holds_a_secret_is_known_however_it_is_written() {
        for value in [
            "postgres://u:pw@h/db",
            "http://:pw@h",
            "x=ftp://a:b@c d",
            "redis://u:p@ss@h?x=1",
            "amqp://user:pw/8@host",
            "smtp://u:pw 7@h",
            "redis://u:pw#9@h",
            "http://u:pw?12@h",
            "HTTPS://me:pw@host/db",
            "https://ghp_token@github.com/x",
            "https://to/ken+=@github.com/x",
            "//tok@github.com",
            "http://a:3128,http://u:pw@b:3128",
            "http://a:3128 http://u:pw@b:3128",
            "ssh://git@github.com/x https://tok@github.com/y",
            "ssh://u:pw@h",
            "mongodb+srv://u:pw@a,b,c/db?w=1",
            "mongodb://a:1,u:pw@b:2",
            "jdbc:mysql://h/db?user=a&password=pw",
            "jdbc:sqlserver://h:1433;database=x;Password=pw;",
            "jdbc:oracle:thin:scott/pw@//h:1521/x",
            "https://h/x?access_token=pw",
            "https://h/x?pass%77ord=pw",
            "https://h/x#sig=pw",
            "https://h/x?to=https%3A%2F%2Fu%3Apw%40h",
            "https://h/x?to=https%253A%252F%252Fu%253Apw%2540h",
            "Server=x;Uid=a;Pwd=pw;",
            "host=h user=u password = pw",
            "u:pw@h",
            "u:p/w@tcp(h:3306)/db",
            "h, u:pw@h",
            r#"{"user": "u", "password": "pw"}"#,
            r#"{\"token\":\"pw\"}"#,
            "Authorization: Bearer pw",
        ] {
            assert!(holds_secret(value, false), "{value}");
        }
    }

    #[test]
    fn what_only_resembles_a_url_with_a_secret_is_shown() {
        for value in [
            "",
            "://",
            "@",
            ":@",
            "http://h:80/a",
            "http://[::1]:80/x?y=1",
            "git@github.com:x/y",
            "ssh://git@github.com:22/x",
            "27000@server1:27001@server2",
            "a@b.com",
            "mail: a@b.com",
            "/opt/keys:/opt/pass:/usr/lib",
            "/opt/x@2:/opt/y@3",
            "x=1 y=2",
            "password=",
            "12:30",
            "100%",
            "%zz",
        ] {
            assert!(!holds_secret(value, false), "{value}");
        }
        assert!(!holds_secret("lib:/home/me@corp/lib", true), "a list of paths");
        assert!(holds_secret("lib:https://u:pw@h", true));
    }

    #[test]
    fn an_argument_is_suspected_only_for_a_url() {
        for text in ["--db=postgres://u:pw@h/x", "https://h/?token=pw"] {
            assert!(url_with_secret(text), "{text}");
        }
        for text in ["a:b@c", "--key=3", "x@y", "http://h/x"] {
            assert!(!url_with_secret(text), "{text}");
        }
    }

    /// One character of a password: anything that can be typed, often one that means something in a URL.
    fn password() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            prop::char::range('!', '~'),
            prop::sample::select(vec!['/', '#', '?', '@', ' ', '%', ':', ';', '&', '=', ',', 'ä', '\\', '"']),
        ];
        prop::collection::vec(character, 1..12).prop_map(String::from_iter).prop_filter("of something", |password| {
            password.starts_with(|c: char| !c.is_whitespace()) && password.contains(|c: char| !" \"'\\".contains(c))
        })
    }

    fn form() -> impl Strategy<Value = (&'static str, &'static str)> {
        prop::sample::select(vec![
            ("postgres://user:", "@host:5432/db"),
            ("POSTGRES://:", "@host"),
            ("https://", "@github.com/x/y.git"),
            ("git+https://", "@github.com"),
            ("http://proxy:3128,http://user:", "@proxy:3128"),
            ("http://proxy:3128 http://user:", "@proxy:3128"),
            ("mongodb+srv://user:", "@a.x,b.x/db?retryWrites=true"),
            ("ssh://user:", "@host"),
            ("user:", "@host:5432/db"),
            ("user:", "@tcp(host)/db"),
            ("jdbc:mysql://host/db?user=a&password=", "&x=1"),
            ("jdbc:sqlserver://host;user=a;password=", ";x=1"),
            ("https://host/x?access_token=", ""),
            ("https://host/x#apikey=", ""),
            ("Server=x;Uid=a;Pwd=", ";"),
        ])
    }

    proptest! {
        #[test]
        fn no_password_in_a_url_is_written_down(password in password(), (before, behind) in form(), name in "[B-J]{1,8}") {
            let value = format!("{before}{password}{behind}");
            prop_assert_eq!(super::super::shown(&name, &value), super::super::WITHHELD, "{}", value);
        }

        #[test]
        fn any_value_is_judged(value in "([:/@%=?&;, a]|//|://|\\PC){0,24}") {
            _ = (holds_secret(&value, false), holds_secret(&value, true), url_with_secret(&value));
        }
    }
}
