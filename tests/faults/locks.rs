//! F35–F40: two engines, sockets, clients.

mod clients;
mod users;
mod versions;

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use gem5_tui::protocol::{Link, Reply, Request, ServerMessage};
use nix::sys::signal::Signal;

use crate::stage::{Running, Stage, state_of, wait_for};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The process that answers on a socket.
fn who_answers(socket: &Path) -> i32 {
    runtime().block_on(async { Link::connect(socket).await.unwrap().engine_pid })
}

// ---- F35: two engines

#[test]
fn f35_of_two_engines_started_at_once_exactly_one_wins() {
    const ROUNDS: usize = 20;
    let stage = Stage::new();
    stage.gates("", &["a"]);
    for round in 0..ROUNDS {
        let both = [stage.start("engine exp.yaml"), stage.start("engine exp.yaml")];
        let lines = [both[0].line(0), both[1].line(0)];
        let ready = lines.iter().position(|line| line == r#"{"engine":"ready"}"#);
        let held = lines.iter().position(|line| line == r#"{"engine":"held"}"#);
        let (Some(ready), Some(held)) = (ready, held) else { panic!("round {round}: {lines:?}") };
        assert_ne!(ready, held);
        let [first, second] = both;
        let (winner, loser) = if ready == 0 { (first, second) } else { (second, first) };
        let told = loser.finish().expect(3);
        assert!(told.err.contains("another engine holds this experiment"), "{}", told.err);
        let lease = stage.lease();
        assert_eq!((lease.engine.pid, who_answers(&lease.socket)), (winner.pid(), winner.pid()));
        stage.wait_entered(&["a"]);
        winner.signal(Signal::SIGTERM);
        winner.finish().expect(0);
    }
    assert_eq!(stage.entered("a"), 1);
    stage.open("a", 0);
    stage.exit("a", 1);
}

#[test]
fn f35_two_verbs_that_both_start_an_engine_both_get_their_answer() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    for _ in 0..4 {
        let both = [stage.start("pause exp.yaml --queue"), stage.start("pause exp.yaml --queue")];
        for said in both.map(Running::finish) {
            assert!(said.expect(0).out.contains("queue paused"));
        }
    }
    assert_eq!(stage.entered("a"), 0);
    stage.open("a", 0);
    stage.call("resume exp.yaml --queue").expect(0);
    stage.wait_word("a", "ok");
    assert_eq!(stage.entered("a"), 1);
}

// ---- F36: what stands in the place of the socket

#[test]
fn f36_what_a_killed_engine_left_behind_strands_nobody() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let socket = stage.lease().socket;
    engine.kill();
    assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket(), "a stale socket is there");
    assert_eq!(stage.status().word("a"), "running");
    for garbage in ["", "\0\0\0\0", "{\"format\": 1", "[]", "\u{1b}]0;title\u{7}"] {
        fs::write(stage.outdir().lock(), garbage).unwrap();
        assert_eq!(stage.status().summary["engine"], false);
        let engine = stage.engine("");
        assert_eq!(stage.status().summary["engine"], true);
        engine.kill();
    }
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!(stage.entered("a"), 1);
    assert!(!socket.exists(), "an engine that ends takes its socket along");
}

/// How something is put into a place.
type Put<'a> = &'a dyn Fn(&Path) -> std::io::Result<()>;

#[test]
fn f36_whatever_is_in_the_place_of_the_socket_is_left_alone_and_told() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    let socket = stage.lease().socket;
    let target = stage.write("target", "somebody's");
    fs::create_dir(stage.path("folder")).unwrap();
    let _other = UnixListener::bind(stage.path("other.sock")).unwrap();
    let obstacles: [(&str, Put<'_>); 7] = [
        ("a file", &|path| fs::write(path, "somebody's")),
        ("a directory", &|path| fs::create_dir(path)),
        ("a link to a file", &|path| symlink(&target, path)),
        ("a link to a directory", &|path| symlink(stage.path("folder"), path)),
        ("a link to a socket", &|path| symlink(stage.path("other.sock"), path)),
        ("a link to nothing", &|path| symlink(stage.path("nothing"), path)),
        ("a fifo", &|path| Ok(nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU)?)),
    ];
    for (what, put) in obstacles {
        put(&socket).unwrap();
        let before = fs::symlink_metadata(&socket).unwrap();
        let said = stage.call("run exp.yaml").expect(1);
        assert!(said.err.contains("is in the way and is not a socket; remove it"), "{what}: {}", said.err);
        let after = fs::symlink_metadata(&socket).unwrap();
        assert_eq!((after.ino(), after.len(), after.mode()), (before.ino(), before.len(), before.mode()), "{what}");
        // A look needs no socket.
        assert_eq!(stage.status().word("a"), "ok", "{what}");
        if before.is_dir() { fs::remove_dir(&socket).unwrap() } else { fs::remove_file(&socket).unwrap() }
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "somebody's");
    assert!(stage.path("other.sock").exists() && !stage.path("nothing").exists());
    assert_eq!(fs::read_dir(stage.path("folder")).unwrap().count(), 0);
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn f36_a_socket_that_is_replaced_under_its_engine_is_told_and_made_again_when_its_place_is_free() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let socket = stage.lease().socket;
    let target = stage.write("target", "somebody's");
    runtime().block_on(async {
        let mut link = Link::connect(&socket).await.unwrap();
        link.send(Request::Subscribe).await;
        fs::remove_file(&socket).unwrap();
        symlink(&target, &socket).unwrap();
        let notice = "no new client can come";
        assert!(
            next_notice(&mut link, |told| told.is_some_and(|told| told.contains(notice))).await.contains("in the way")
        );
        // Whoever is here is served, and what runs goes on.
        ask(&mut link, Request::Pause { sims: vec![0] }).await;
        wait_for("the pause", || (state_of(stage.started("a", 1).gem5.pid) == Some('T')).then_some(()));
        ask(&mut link, Request::Resume { sims: vec![0] }).await;
        fs::remove_file(&socket).unwrap();
        next_notice(&mut link, |told| told.is_none()).await;
    });
    assert_eq!(fs::read_to_string(&target).unwrap(), "somebody's");
    assert_eq!(who_answers(&stage.lease().socket), engine.pid());
    stage.open("a", 0);
    stage.wait_word("a", "ok");
}

/// Sends a request and waits until it is done.
async fn ask(link: &mut Link, request: Request) {
    let sent = link.send(request).await;
    loop {
        match link.incoming.recv().await.expect("the engine is there") {
            ServerMessage::Reply { id, reply } if id == sent => return assert!(matches!(reply, Reply::Done { .. })),
            _ => {}
        }
    }
}

/// Waits for a header whose notice is as it should be.
async fn next_notice(link: &mut Link, is_right: impl Fn(Option<&str>) -> bool) -> String {
    let search = async {
        loop {
            match link.incoming.recv().await.expect("the engine is there") {
                ServerMessage::Header { header } if is_right(header.notice.as_deref()) => {
                    return header.notice.unwrap_or_default();
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(crate::stage::PATIENCE, search).await.expect("a notice in time")
}

#[test]
fn f36_only_the_holder_of_the_lease_clears_the_place_of_the_socket() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let socket = stage.lease().socket;
    let inode = || fs::symlink_metadata(&socket).unwrap().ino();
    let before = inode();
    stage.call("engine exp.yaml").expect(3);
    stage.call("run exp.yaml").expect(3);
    assert_eq!((inode(), who_answers(&socket)), (before, engine.pid()));
}

// ---- F37: long paths

#[test]
fn f37_a_runtime_directory_whose_path_is_too_long_for_a_socket_is_passed_over() {
    let uid = nix::unistd::geteuid();
    let (long, short) = ("x".repeat(100), "t");
    for (temporary, expected) in [(short, None), (long.as_str(), Some(format!("/tmp/gem5-tui-{uid}")))] {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        let runtime_dir = stage.path("run").join(&long);
        fs::create_dir_all(&runtime_dir).unwrap();
        fs::set_permissions(&runtime_dir, fs::Permissions::from_mode(0o700)).unwrap();
        let temporary = stage.path(temporary);
        fs::create_dir(&temporary).unwrap();
        let expected = expected.map_or_else(|| temporary.join(format!("gem5-tui-{uid}")), Into::into);
        let was_there = expected.exists();
        let with = |args: &str| {
            let mut command = stage.command(args);
            command.env("XDG_RUNTIME_DIR", &runtime_dir).env("TMPDIR", &temporary);
            Running::start(command)
        };
        let engine = with("engine exp.yaml");
        assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
        stage.wait_entered(&["a"]);
        let socket = stage.lease().socket;
        assert_eq!(socket.parent(), Some(expected.as_path()));
        // Clients with the same surroundings, and with others: the lease says where it listens.
        for said in [with("status exp.yaml").finish(), stage.call("status exp.yaml")] {
            assert!(said.expect(0).out.contains("engine running"));
        }
        stage.open("a", 0);
        engine.finish().expect(0);
        assert!(!socket.exists());
        if !was_there {
            // Unless somebody else uses it by now.
            let _ = fs::remove_dir(&expected);
        }
    }
}

#[test]
fn f37_an_experiment_directory_with_a_long_path_works_like_any_other() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    let long = format!("{0}/{0}/{0}", "long-".repeat(24));
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    stage.write("exp.yaml", &text.replace("outdir: out", &format!("outdir: {long}/out")));
    assert!(stage.path(&long).as_os_str().len() > 300);
    let engine = stage.start("engine exp.yaml -j2");
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    stage.wait_entered(&["a", "b"]);
    assert_eq!(stage.status().summary["engine"], true);
    stage.call("cancel exp.yaml a").expect(0);
    stage.open("b", 0);
    stage.wait_word("b", "ok");
    stage.wait_word("a", "cancelled");
    engine.finish().expect(0);
    assert!(stage.path(&long).join("out/b/attempt-1/exit.json").exists());
}
