//! What is known of the executables: who they are, and whether they are gem5.
//!
//! An executable is asked with `-B` and hashed once for each of its versions; what was found is kept in the user's cache. It
//! is only refused when the system is certain that it cannot run; one that answers unlike gem5 is noted, because it may
//! be a wrapper that knows better. A wrapper, a file that begins with `#!`, is asked anew by every engine: what it starts can
//! change while it stays the same.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::ask::{Answer, End, ask};
use super::launch::{LaunchError, out_of_sight};
use super::scratch;
use crate::experiment::Interpreter;
use crate::failpoint::point;
use crate::gem5::build;
use crate::rundir::provenance::{Build, sha256};
use crate::rundir::user_cache::{FileIdentity, UserCache};

/// A gem5 answers within a second; one on a cold network disk takes longer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// What a shell returns, and a dynamic loader that misses a library.
const CANNOT_LOAD: i32 = 127;
/// The kind of cache.
const CACHE: &str = "builds";

type Environment = BTreeMap<String, Option<String>>;
type Question = (FileIdentity, Environment);

/// The executables that were looked at.
#[derive(Debug, Default)]
pub(crate) struct Builds {
    cache: UserCache,
    known: Mutex<HashMap<Question, Arc<Mutex<Option<Build>>>>>,
    /// Programs of steps.
    unasked: Mutex<HashMap<FileIdentity, Build>>,
}

impl Builds {
    /// What is known of `executable`, which is asked if nothing is. `env` are the changes to the environment that it is
    /// launched with. The call may block for seconds; several at once for one executable ask it once.
    ///
    /// # Errors
    /// When it certainly cannot run. The next call asks again.
    pub(crate) fn of(&self, executable: &Path, env: &Environment) -> Result<Build, LaunchError> {
        let identity = identify(executable)?;
        let wraps = is_wrapper(executable);
        let question = (identity, if wraps { env.clone() } else { Environment::new() });
        let known =
            self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(question.clone()).or_default().clone();
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(build) = &*known {
            return Ok(build.clone());
        }
        if let Some(build) = self.cache.read::<Build>(CACHE, &question.0).filter(|_| !wraps) {
            return Ok(known.insert(build).clone());
        }
        let build = look(&question.0, wraps, Some(env))?;
        // An answer that is strange or late may say more about the machine than about the executable.
        if !wraps && build.note.is_none() {
            self.cache.write(CACHE, &question.0, &build);
        }
        Ok(known.insert(build).clone())
    }

    /// What can be seen of the program of a step, which is asked nothing.
    ///
    /// # Errors
    /// When it certainly cannot run.
    pub(crate) fn unasked(&self, program: &Path) -> Result<Build, LaunchError> {
        let identity = identify(program)?;
        if let Some(build) = self.unasked.lock().unwrap_or_else(PoisonError::into_inner).get(&identity) {
            return Ok(build.clone());
        }
        let build = look(&identity, is_wrapper(program), None)?;
        self.unasked.lock().unwrap_or_else(PoisonError::into_inner).insert(identity, build.clone());
        Ok(build)
    }

    /// What the cache knows of `executable`. Asks nothing.
    pub(crate) fn remembered(&self, executable: &Path) -> Option<Build> {
        self.cache.read(CACHE, &FileIdentity::of(executable).ok()?)
    }
}

fn identify(executable: &Path) -> Result<FileIdentity, LaunchError> {
    FileIdentity::of(executable).map_err(|error| {
        let shown = executable.display();
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                LaunchError::new(format!("could not look at `{shown}`: {error}; build it, or correct its path"))
            }
            _ => out_of_sight(&format!("`{shown}`"), &error),
        }
    })
}

/// Whether the kernel hands the file to an interpreter.
fn is_wrapper(executable: &Path) -> bool {
    let mut start = [0; 2];
    File::open(executable).and_then(|mut file| file.read_exact(&mut start)).is_ok_and(|()| start == *b"#!")
}

/// Looks at an executable, and asks it where there is an environment to ask it in.
fn look(identity: &FileIdentity, wraps: bool, env: Option<&Environment>) -> Result<Build, LaunchError> {
    let path = &identity.path;
    let hash = || sha256(path).ok();
    let asks = env.filter(|_| Interpreter::of(path) == Interpreter::Gem5);
    let answered = || asks.map_or_else(|| Ok(Told::default()), |env| describe(path, env));
    // Both read the whole of a large file; together they read it from the disk once.
    let (sha256, told) = std::thread::scope(|scope| {
        let hashing = std::thread::Builder::new().spawn_scoped(scope, hash);
        let told = answered();
        // Where there may be no further thread, one after the other does as well.
        (hashing.map_or_else(|_| hash(), |hashing| hashing.join().ok().flatten()), told)
    });
    let told = told?;
    let same = FileIdentity::of(path).is_ok_and(|now| now == *identity);
    Ok(Build {
        path: path.clone(),
        bytes: identity.bytes,
        modified_ms: identity.modified_ns / 1_000_000,
        sha256: sha256.filter(|_| same),
        version: told.version,
        compiled: told.compiled,
        is_script: wraps,
        note: if same { told.note } else { Some("it was replaced while it was looked at".to_owned()) },
    })
}

/// What an executable tells about itself.
#[derive(Debug, Default)]
struct Told {
    version: Option<String>,
    compiled: Option<String>,
    note: Option<String>,
}

fn describe(path: &Path, env: &Environment) -> Result<Told, LaunchError> {
    // No place at all, whatever the reason, is one for all executables.
    let place = point("builds.ask", path).and_then(|()| scratch::directory()).map_err(|error| LaunchError {
        of_machine: true,
        reason: format!("could not make a temporary directory to ask `{}` in: {error}", path.display()),
    })?;
    let argv = [path.to_string_lossy().into_owned(), "-B".to_owned()];
    // gem5 makes its output directory where it is started, before it looks at this option.
    let answer = ask(&argv, place.path(), env, place.path(), ANSWERS_WITHIN)?;
    if let Some(line) = missing_library(&answer) {
        let path = path.display();
        return Err(LaunchError::new(format!(
            "`{path}` cannot be loaded: {line}; install the library, load its module, or set `LD_LIBRARY_PATH`"
        )));
    }
    let told = build::answer(&format!("{}\n{}", answer.stdout, answer.stderr));
    let note = if told.is_gem5 { None } else { Some(strange(&answer)) };
    Ok(Told { version: told.version, compiled: told.compiled, note })
}

/// The line in which the dynamic loader (ld.so(8)) says that a library is not there.
fn missing_library(answer: &Answer) -> Option<&str> {
    let says = |line: &&str| line.contains("error while loading shared libraries");
    (answer.end == End::Exited(CANNOT_LOAD)).then(|| answer.stderr.lines().find(says)).flatten()
}

fn strange(answer: &Answer) -> String {
    let said = match answer.tail(1) {
        said if said.is_empty() => String::new(),
        said => format!(" (it said: {said})"),
    };
    match answer.end {
        End::TimedOut => format!("it did not answer `-B` within {} s{said}", ANSWERS_WITHIN.as_secs()),
        End::Signaled(signal) => {
            format!("asked with `-B` it was ended by {signal}: is it built for this processor?{said}")
        }
        End::Exited(_) | End::SaidTooMuch => format!("it does not answer `-B` as gem5 does{said}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    fn program(dir: &Path, text: &str) -> PathBuf {
        let path = dir.join("gem5.opt");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn of(text: &str) -> Result<Build, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = program(dir.path(), text);
        Builds::default().of(&path, &Environment::new()).map_err(|error| error.reason)
    }

    #[test]
    fn a_gem5_tells_its_version_and_is_hashed() {
        let build = of("#!/bin/sh\necho 'gem5 version 25.0.0.1'\necho 'compiled Jan  1 2025 00:00:00'\n").unwrap();
        assert_eq!(build.version.as_deref(), Some("25.0.0.1"));
        assert_eq!(build.sha256.map(|hash| hash.len()), Some(64));
        assert_eq!((build.is_script, build.note), (true, None));
    }

    #[test]
    fn what_the_system_cannot_run_is_refused_with_the_reason() {
        assert!(of("just text\n").unwrap_err().contains("not a program for this machine"));
        assert!(of("#!/no/such/interpreter\n").unwrap_err().contains("does not"));
        let library = "#!/bin/sh\necho 'gem5.opt: error while loading shared libraries: libpython3.9.so.1.0: cannot \
                       open shared object file' >&2\nexit 127\n";
        assert!(of(library).unwrap_err().contains("libpython3.9"));
    }

    #[test]
    fn what_answers_unlike_gem5_is_noted_and_not_refused() {
        assert!(of("#!/bin/sh\necho hello\n").unwrap().note.unwrap().contains("hello"));
        assert!(of("#!/bin/sh\nkill -ILL $$\n").unwrap().note.unwrap().contains("SIGILL"));
    }

    #[test]
    fn an_executable_is_asked_once_and_where_it_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let count = dir.path().join("count");
        let text = format!("#!/bin/sh\necho x >> {}\nmkdir m5out\necho 'gem5 version 24.1'\n", count.display());
        let path = program(dir.path(), &text);
        let builds = Builds::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| builds.of(&path, &Environment::new()).unwrap());
            }
        });
        assert_eq!(fs::read_to_string(count).unwrap(), "x\n");
        assert!(!Path::new("m5out").exists());
    }
}
