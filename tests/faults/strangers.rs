//! F77: a repository of a stranger. It is looked at, and nothing that it names is started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::provenance::Provenance;

use crate::stage::{Running, Stage};

fn git(directory: &Path, words: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"];
    let said = Command::new("git").current_dir(directory).args(who).args(words).output().unwrap();
    assert!(said.status.success(), "{words:?}: {said:?}");
}

/// A program that leaves a mark where it is started.
fn program(stage: &Stage) -> String {
    let mark = format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", stage.path("started").display());
    let path = stage.write("program", &mark);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn f77_no_program_that_a_repository_names_is_started() {
    if Command::new("git").arg("--version").output().is_err() {
        return eprintln!("skipped: there is no git");
    }
    let stage = Stage::new();
    let program = program(&stage);
    let (repository, other) = (stage.path("repository"), stage.path("other"));
    for directory in [&other, &repository] {
        fs::create_dir(directory).unwrap();
        git(directory, &["init", "-q"]);
        fs::write(directory.join(".gitattributes"), "*.dat filter=a=b diff=d\n*.bin filter=p\n").unwrap();
        for name in ["x.dat", "y.bin", "z.txt"] {
            fs::write(directory.join(name), "content\n").unwrap();
        }
    }
    fs::write(repository.join("s.py"), "").unwrap();
    for (directory, add) in [(&other, None), (&repository, Some(other.to_str().unwrap()))] {
        git(directory, &["add", "."]);
        if let Some(url) = add {
            git(directory, &["submodule", "-q", "add", url, "sub"]);
        }
        git(directory, &["commit", "-q", "-m", "x"]);
    }
    for directory in [&repository, &repository.join("sub")] {
        for key in [
            "core.fsmonitor",
            "core.sshCommand",
            "core.pager",
            "core.editor",
            "core.askPass",
            "credential.helper",
            "filter.a=b.clean",
            "filter.a=b.smudge",
            "filter.p.process",
            "diff.d.command",
            "diff.d.textconv",
            "diff.external",
            "alias.status",
            "alias.rev-parse",
            "gpg.program",
        ] {
            git(directory, &["config", key, &program]);
        }
        git(directory, &["config", "filter.p.required", "true"]);
        git(directory, &["config", "remote.origin.vcs", "evil"]);
        git(directory, &["config", "remote.origin.promisor", "true"]);
        for name in ["x.dat", "y.bin", "z.txt"] {
            // As it is in the index but for its time: only a look into it can tell.
            let file = fs::File::options().append(true).open(directory.join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_hours(48)).unwrap();
        }
    }
    let hooks = String::from_utf8(
        Command::new("git")
            .arg("-C")
            .arg(&repository)
            .args(["rev-parse", "--absolute-git-dir"])
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let hooks = Path::new(hooks.trim()).join("hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in ["post-index-change", "reference-transaction"] {
        fs::copy(&program, hooks.join(hook)).unwrap();
    }
    _ = fs::remove_file(stage.path("started"));
    stage.experiment("", "  - {name: a, script: repository/s.py}\n");
    let mut command = stage.command("run exp.yaml");
    for name in ["GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PAGER", "GIT_ASKPASS", "GIT_CONFIG_VALUE_0"] {
        command.env(name, &program);
    }
    command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "core.fsmonitor");
    Running::start(command).finish().expect(0);
    assert_eq!(fs::read_to_string(stage.path("started")).unwrap_or_default(), "");
    let provenance: Provenance = read_json(&stage.attempt("a", 1).provenance()).unwrap().unwrap();
    let [found] = provenance.repositories.as_slice() else { panic!("{:?}", provenance.repositories) };
    assert_eq!((found.path.as_path(), found.head.len(), found.dirty), (repository.as_path(), 40, None));
}
