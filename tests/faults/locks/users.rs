//! F38: directories that others can use, and other users. The latter need root.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use gem5_tui::protocol::{Link, LinkError};
use gem5_tui::rundir::Lease;
use gem5_tui::spawn::identity;
use nix::libc;

use super::{runtime, who_answers};
use crate::stage::{Bystander, Stage};

/// `nobody`, who owns nothing here.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: only root can be another user");
    }
    is_root
}

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Does `work` in a thread that is another user. The call below changes the thread alone: it is the C library that would
/// change all of them.
fn as_nobody<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::spawn(move || {
        let same = -1_i64;
        #[expect(unsafe_code, reason = "no crate changes the user of one thread")]
        // SAFETY: the call takes three numbers and touches no memory.
        let done = unsafe { libc::syscall(libc::SYS_setresuid, same, i64::from(NOBODY), same) };
        assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
        work()
    })
}

#[test]
fn f38_a_runtime_directory_that_others_can_use_is_refused() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let dir = stage.path("run/gem5-tui");
    let refuse = |why: &str| {
        for verb in ["run", "engine"] {
            let said = stage.call(&format!("{verb} exp.yaml")).expect(1);
            assert!(said.err.contains("is not a directory that only you can use; remove it"), "{why}: {}", said.err);
        }
        assert_eq!((stage.status().word("a"), stage.entered("a")), ("queued", 0), "{why}");
    };
    fs::create_dir(&dir).unwrap();
    for mode in [0o777, 0o770, 0o701, 0o1777] {
        permit(&dir, mode);
        refuse(&format!("mode {mode:o}"));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
    }
    fs::remove_dir(&dir).unwrap();
    fs::create_dir(stage.path("elsewhere")).unwrap();
    permit(&stage.path("elsewhere"), 0o700);
    symlink(stage.path("elsewhere"), &dir).unwrap();
    refuse("a link");
    assert_eq!(fs::read_dir(stage.path("elsewhere")).unwrap().count(), 0);
    fs::remove_file(&dir).unwrap();
    fs::write(&dir, "").unwrap();
    refuse("a file");
    fs::remove_file(&dir).unwrap();
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn f38_a_runtime_directory_of_another_user_is_refused() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let dir = stage.path("run/gem5-tui");
    fs::create_dir(&dir).unwrap();
    permit(&dir, 0o700);
    chown(&dir, Some(NOBODY), None).unwrap();
    let said = stage.call("run exp.yaml").expect(1);
    assert!(said.err.contains("is not a directory that only you can use"), "{}", said.err);
    assert_eq!(stage.entered("a"), 0);
}

#[test]
fn f38_a_client_of_another_user_is_turned_away_and_the_engine_goes_on() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let socket = stage.lease().socket;
    let connect = |socket: &Path| {
        let socket = socket.to_owned();
        as_nobody(move || {
            let mut stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(crate::stage::PATIENCE))?;
            let mut heard = Vec::new();
            // Turned away with a reset or without one.
            let _ = stream.read_to_end(&mut heard);
            Ok::<_, std::io::Error>(heard)
        })
        .join()
        .unwrap()
    };
    assert_eq!(connect(&socket).unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
    // Somebody opens every door on the way.
    for path in [&stage.path(""), &stage.path("run"), socket.parent().unwrap(), &socket] {
        permit(path, 0o777);
    }
    for _ in 0..20 {
        assert_eq!(connect(&socket).unwrap(), b"");
    }
    assert_eq!(who_answers(&socket), engine.pid());
    let status = stage.status();
    assert_eq!((status.word("a"), &status.summary["engine"]), ("running", &true.into()));
    let log = fs::read_to_string(stage.outdir().log()).unwrap();
    assert!(log.contains("turned away a client of another user"), "{log}");
    stage.open("a", 0);
    stage.wait_word("a", "ok");
}

#[test]
fn f38_an_engine_of_another_user_is_told_nothing() {
    if !is_root() {
        return;
    }
    let stage = Stage::new();
    stage.gates("", &["a"]);
    fs::create_dir(stage.path("out")).unwrap();
    let place = stage.path("nobody");
    fs::create_dir(&place).unwrap();
    for path in [stage.path(""), place.clone()] {
        permit(&path, 0o777);
    }
    let socket = place.join("engine.sock");
    let (listening, is_listening) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    let path = socket.clone();
    let server = as_nobody(move || {
        let listener = UnixListener::bind(path).unwrap();
        listener.set_nonblocking(true).unwrap();
        listening.send(()).unwrap();
        let mut heard = Vec::new();
        while stopped.recv_timeout(Duration::from_millis(5)) == Err(mpsc::RecvTimeoutError::Timeout) {
            if let Ok((mut stream, _)) = listener.accept() {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(crate::stage::PATIENCE)).unwrap();
                let _ = stream.read_to_end(&mut heard);
            }
        }
        heard
    });
    is_listening.recv().unwrap();
    let error = runtime().block_on(Link::connect(&socket)).map(drop).unwrap_err();
    assert!(matches!(error, LinkError::OtherUser { uid: NOBODY }), "{error:?}");
    let holder = Bystander::new();
    let lease = Lease::acquire(&stage.outdir(), None, &identity::of(holder.pid()).unwrap(), socket, false).unwrap();
    for verb in ["status exp.yaml", "cancel exp.yaml a", "stop exp.yaml"] {
        let said = stage.call(verb).expect(1);
        assert!(said.err.contains("belongs to user 65534"), "{verb}: {}", said.err);
    }
    stop.send(()).unwrap();
    assert_eq!(server.join().unwrap(), b"");
    drop(lease);
    assert_eq!(stage.status().word("a"), "queued");
}
