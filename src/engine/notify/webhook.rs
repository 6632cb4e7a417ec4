//! A notice by a request to a web server.

use std::time::Duration;

use ureq::{Agent, Error};

use crate::engine::state::notices::Notice;
use crate::experiment::{EnvText, Post};
use crate::text::Safe;

/// Who asks.
const USER_AGENT: &str = concat!("gem5-tui/", env!("CARGO_PKG_VERSION"));

/// Posts it. Follows no redirect: what is at the head of a request is for one server alone. `variable` knows the environment.
pub(super) fn post(
    post: &Post,
    notice: &Notice,
    within: Duration,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), String> {
    let failed = |why: String| Safe::line(&format!("`{}` {why}", post.shown())).into_string();
    let fill = |text: &EnvText| {
        text.fill(&variable)
            .map_err(|name| failed(format!("needs the variable {name}, which the engine does not have")))
    };
    let url = fill(&post.url)?;
    let url = url.trim();
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(failed("is no address of a web server".to_owned()));
    }
    let body = serde_json::to_vec(notice).map_err(|error| failed(format!("cannot be told: {error}")))?;
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(within))
        .max_redirects(0)
        .max_idle_connections(0)
        .http_status_as_error(false)
        .user_agent(USER_AGENT)
        .build()
        .into();
    let mut request = agent.post(url).header("Content-Type", "application/json");
    for (name, value) in &post.headers {
        request = request.header(name.as_str(), fill(value)?.trim());
    }
    match request.send(&body[..]) {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(failed(format!("answered {}", answer.status()))),
        Err(error) => Err(failed(why(&error, within))),
    }
}

/// What went wrong, without what the library may repeat of the address or of a header.
fn why(error: &Error, within: Duration) -> String {
    match error {
        Error::Timeout(_) => format!("did not answer within {} s", within.as_secs()),
        Error::Io(error) => format!("could not be reached: {}", error.kind()),
        Error::HostNotFound => "is not known to the name servers".to_owned(),
        Error::ConnectionFailed => "could not be reached".to_owned(),
        Error::Tls(why) => format!("could not be trusted: {why}"),
        Error::Rustls(error) => format!("could not be trusted: {error}"),
        Error::Protocol(_) | Error::LargeResponseHeader(..) => "answered what is no HTTP".to_owned(),
        Error::InvalidProxyUrl => "cannot be reached: the proxy in the environment is no address".to_owned(),
        Error::Http(_) | Error::BadUri(_) => "cannot be asked: its address or a header is malformed".to_owned(),
        _ => "could not be asked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;
    use crate::experiment::NotifyRule;
    use crate::protocol::Counts;

    /// A rule as a record has it.
    fn hook(url: &str, headers: &[[&str; 2]]) -> Post {
        let rule = serde_json::json!({ "on": ["done"], "post": { "url": url, "headers": headers } });
        match serde_json::from_value::<NotifyRule>(rule).unwrap().way {
            crate::experiment::Way::Post(post) => post,
            crate::experiment::Way::Run(_) => unreachable!(),
        }
    }

    fn notice() -> Notice {
        Notice::done("sweep", Counts { total: 1, ok: 1, ..Counts::default() })
    }

    fn environment(name: &str) -> Option<String> {
        (name == "HOOK").then(|| "s3cret".to_owned())
    }

    /// Reads one request: its head, and its body.
    fn request(stream: &TcpStream) -> (String, Vec<u8>) {
        let mut reader = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            head += &line;
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (head, body)
    }

    /// A server that answers one request so, and tells what it was.
    fn server(answer: &'static str) -> (String, thread::JoinHandle<(String, Vec<u8>)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let thread = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = request(&stream);
            stream.write_all(answer.as_bytes()).unwrap();
            asked
        });
        (address, thread)
    }

    const SOON: Duration = Duration::from_secs(30);

    #[test]
    fn a_notice_is_posted_as_json_with_the_values_of_variables() {
        let (address, served) = server("HTTP/1.1 204 No Content\r\n\r\n");
        let post = hook(&format!("http://{address}/x/${{env:HOOK}}"), &[["Authorization", "Bearer ${env:HOOK}"]]);
        super::post(&post, &notice(), SOON, environment).unwrap();
        let (head, body) = served.join().unwrap();
        assert!(head.starts_with("POST /x/s3cret HTTP/1.1\r\n"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(
            head.contains("authorization: bearer s3cret") && head.contains("content-type: application/json"),
            "{head}"
        );
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["event"], &body["experiment"]), (&"done".into(), &"sweep".into()));
    }

    #[test]
    fn a_refusal_a_redirect_and_what_is_no_http_are_told_without_the_address() {
        for answer in [
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /s3cret\r\nContent-Length: 0\r\n\r\n",
            "hello\r\n\r\n",
        ] {
            let (address, served) = server(answer);
            let post = hook(&format!("http://{address}/${{env:HOOK}}"), &[]);
            let why = super::post(&post, &notice(), SOON, environment).unwrap_err();
            served.join().unwrap();
            assert!(why.contains(&address) && !why.contains("s3cret"), "{why}");
        }
    }

    #[test]
    fn a_server_that_never_answers_is_given_up_and_one_that_is_not_there_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let post = hook(&format!("http://{address}/s3cret"), &[]);
        assert!(super::post(&post, &notice(), Duration::from_millis(300), environment).is_err());
        drop(listener);
        let why = super::post(&post, &notice(), SOON, environment).unwrap_err();
        assert!(!why.contains("s3cret"), "{why}");
    }

    #[test]
    fn a_variable_that_is_not_there_is_named_and_nothing_is_sent() {
        let why = super::post(&hook("${env:NOWHERE}", &[]), &notice(), SOON, environment).unwrap_err();
        assert!(why.contains("NOWHERE"), "{why}");
        // What a variable holds may be anything, and is shown to nobody.
        let why = super::post(&hook("${env:HOOK}", &[]), &notice(), SOON, environment).unwrap_err();
        assert!(!why.contains("s3cret"), "{why}");
        let why = super::post(&hook("http://127.0.0.1:1/", &[["X", "a${env:HOOK}"]]), &notice(), SOON, |_| {
            Some("s3cret\r\nY: z".to_owned())
        });
        assert!(!why.unwrap_err().contains("s3cret"));
    }
}
