//! The shape of the crate: imports point one way, pure modules touch nothing, one file names the YAML crate.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its sources has failed")]

#[path = "architecture/graph.rs"]
mod graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use graph::{Graph, module_of};

/// For every top-level module, the modules it may use besides itself.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let text = vec!["text"];
    let low = vec!["text", "diagnostic"];
    let experiment = vec!["text", "diagnostic", "gem5", "metric"];
    let report = vec!["text", "gem5", "metric", "experiment"];
    let rundir = vec!["text", "diagnostic", "gem5", "experiment", "failpoint"];
    let spawn = [rundir.clone(), vec!["rundir"]].concat();
    let roles = [spawn.clone(), vec!["spawn", "protocol"]].concat();
    let shows = [roles.clone(), vec!["metric", "report"]].concat();
    let commands = [shows.clone(), vec!["collect", "figures", "tui", "engine", "shim", "cli"]].concat();
    BTreeMap::from([
        ("text", vec![]),
        ("diagnostic", text),
        ("gem5", low),
        ("metric", vec!["text"]),
        ("experiment", experiment),
        ("report", report),
        ("rundir", rundir),
        ("spawn", spawn.clone()),
        ("protocol", spawn),
        ("collect", shows.clone()),
        ("figures", vec!["text", "report", "rundir"]),
        ("tui", [shows, vec!["collect", "figures"]].concat()),
        ("engine", roles.clone()),
        ("shim", roles),
        ("commands", commands),
        ("cli", vec![]),
        ("failpoint", vec![]),
    ])
}

fn sources() -> Vec<PathBuf> {
    fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files
}

fn relative(path: &Path) -> String {
    path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().to_str().unwrap().to_owned()
}

/// The code without comments and without tests: neither the module of them at the end of a file nor the naming of one that has
/// a file of its own.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = without_tests(&text).unwrap_or_else(|line| panic!("{}: {line:?} follows the tests", relative(path)));
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Code behind the tests would be seen by nothing here, so the first line of it is the error.
fn without_tests(text: &str) -> Result<String, String> {
    let mut kept = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().filter(|_| line == "#[cfg(test)]").unwrap_or_default();
        if next == "mod tests {" {
            let behind = lines.skip_while(|line| *line != "}").skip(1).find(|line| !line.is_empty());
            return behind.map_or_else(|| Ok(kept.join("\n")), |line| Err(line.to_owned()));
        }
        if next.starts_with("mod ") && next.ends_with(';') {
            lines.next();
        } else {
            kept.push(line);
        }
    }
    Ok(kept.join("\n"))
}

#[test]
fn code_below_a_test_module_is_seen_or_refused() {
    let file = "use a;\n#[cfg(test)]\nmod tests;\nuse b;\n\n#[cfg(test)]\nmod tests {\n    use c;\n}\n";
    assert_eq!(without_tests(file).unwrap(), "use a;\nuse b;\n");
    assert_eq!(without_tests(&format!("{file}\nuse d;\n")).unwrap_err(), "use d;");
}

/// The graph of all sources, those of tests with them.
fn graph() -> Graph {
    Graph::new(sources().iter().map(|path| (relative(path), code(path))))
}

#[test]
fn imports_point_down() {
    let (allowed, graph) = (allowed(), graph());
    let mut wrong = Vec::new();
    for name in sources().iter().map(|path| relative(path)) {
        let module = name.split(['/', '.']).next().unwrap();
        if module == "main" || module == "lib" {
            continue;
        }
        let permitted = allowed.get(module).unwrap_or_else(|| panic!("{module} has no place in the layering"));
        let used = graph.uses(&module_of(&name));
        let against = used.iter().filter(|used| {
            let layer = used.split("::").next().unwrap();
            layer != module && !permitted.contains(&layer)
        });
        wrong.extend(against.map(|used| format!("{name} uses {used}")));
    }
    assert!(wrong.is_empty(), "imports against the direction:\n{}", wrong.join("\n"));
}

/// Whether the code has the word, not as the end of a longer one.
fn names(code: &str, word: &str) -> bool {
    let stands_alone = |at: usize| !code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    code.match_indices(word).any(|(at, _)| stands_alone(at))
}

#[test]
fn pure_modules_do_no_input_or_output_and_read_no_clock() {
    let pure_folders = [
        "diagnostic/",
        "engine/executor/slurm/",
        "engine/state/",
        "text/",
        "experiment/",
        "gem5/",
        "metric/",
        "protocol/filter/",
        "report/",
        "tui/actions/",
        "tui/config/",
        "tui/layout/",
        "tui/model/",
        "tui/notifications/",
        "tui/pages/",
        "tui/reading/",
        "tui/theme/",
        "tui/update/",
        "tui/view/",
        "tui/widgets/",
    ];
    let pure_files = ["diagnostic.rs", "protocol/select.rs"];
    let forbidden = [
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "std::env",
        "Instant::now",
        "SystemTime::now",
        "Moment::now",
        "Timestamp::now",
        "Zoned::now",
        "tokio",
        "nix::",
        "rustix::",
    ];
    // Where a plain type stands beside what works with it: `Rerun` and `Ended`.
    let plain = ["engine", "rundir::evidence::conclude"];
    // A path that is moved away would leave its successor unguarded.
    for listed in pure_folders.iter().chain(&pure_files) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(listed).exists(), "there is no src/{listed}");
    }
    let is_pure = |name: &str| pure_folders.iter().any(|folder| name.starts_with(folder)) || pure_files.contains(&name);
    let touches: BTreeMap<String, &str> = sources()
        .iter()
        .filter_map(|path| {
            let code = code(path);
            let word = forbidden.iter().find(|word| names(&code, word))?;
            Some((module_of(&relative(path)), *word))
        })
        .collect();
    let graph = graph();
    let mut wrong = Vec::new();
    let mut excused = BTreeSet::new();
    let pure: BTreeMap<String, String> = sources()
        .iter()
        .map(|path| relative(path))
        .filter(|name| is_pure(name))
        .map(|name| (module_of(&name), name))
        .collect();
    for (module, name) in &pure {
        wrong.extend(touches.get(module).map(|word| format!("{name}: {word}")));
        // Nor may somebody else do it for them, through whatever hands it goes.
        for used in graph.uses(module).into_iter().filter(|used| !pure.contains_key(used)) {
            let mut reached = [used.clone()].into_iter().chain(graph.reachable(&used));
            let Some(touching) = reached.find(|reached| touches.contains_key(reached)) else { continue };
            if plain.contains(&used.as_str()) {
                excused.insert(used);
            } else {
                wrong.push(format!("{name} uses {used}, and {touching} has {}", touches[&touching]));
            }
        }
    }
    assert!(wrong.is_empty(), "pure modules that are not:\n{}", wrong.join("\n"));
    assert_eq!(Vec::from_iter(excused), plain, "an excuse that nobody needs");
}

/// What decides in the dashboard and what draws it know the same model, and nothing of each other.
#[test]
fn deciding_and_drawing_stand_apart() {
    let graph = graph();
    let inside = |name: &str, folder: &str| name == folder || name.starts_with(&format!("{folder}::"));
    for name in sources().iter().map(|path| module_of(&relative(path))) {
        for (folder, other) in [("tui::update", "tui::view"), ("tui::view", "tui::update")] {
            let used = graph.uses(&name).into_iter().find(|used| inside(&name, folder) && inside(used, other));
            assert_eq!(used, None, "{name} uses it");
        }
    }
}

/// A folder and its files may use one another: they are one thing.
#[test]
fn modules_of_a_folder_use_one_another_in_one_direction() {
    let files: Vec<PathBuf> = sources().into_iter().filter(|path| !relative(path).contains("/tests")).collect();
    let graph = Graph::new(files.iter().map(|path| (relative(path), code(path))));
    for folder in allowed().keys() {
        let circles: Vec<String> = graph.circles(folder).iter().map(|circle| circle.join(", ")).collect();
        assert!(circles.is_empty(), "{folder} has circles of modules:\n{}", circles.join("\n"));
    }
}

#[test]
fn a_circle_is_seen_whichever_way_it_is_written() {
    let file = |name: &str, code: &str| (name.to_owned(), code.to_owned());
    let circles = |files: Vec<(String, String)>| Graph::new(files).circles("f");
    let sideways = file("f/a.rs", "use super::b::{B, inner::C};");
    assert!(circles(vec![file("f/mod.rs", "mod a; mod b;"), sideways.clone(), file("f/b.rs", "struct B;")]).is_empty());
    for back in
        ["use crate::f::a::A;", "use crate::{f::{x, a as other}, g};", "fn f() { super::a::go() }", "use super::A;"]
    {
        let parent = file("f/mod.rs", "mod a;\nmod b;\npub use a::{A};");
        let found = circles(vec![parent, sideways.clone(), file("f/b.rs", back)]);
        assert_eq!(found, [["f::a", "f::b"]], "{back}");
    }
    // A child may lean on what its folder is.
    let folder = file("f/mod.rs", "pub struct Here;\nuse a::A;");
    assert!(circles(vec![folder, file("f/a.rs", "use super::Here;")]).is_empty());
}

#[test]
fn a_use_is_seen_whichever_way_it_is_written() {
    let file = |name: &str, code: &str| (name.to_owned(), code.to_owned());
    for written in [
        "use crate::low::disk;",
        "use crate::{low::{disk::Disk, table}, text};",
        "fn f() { super::super::low::disk::read() }",
        "use crate::low::Disk;",
    ] {
        let low = [file("low/mod.rs", "pub use disk::Disk;"), file("low/disk.rs", "struct Disk;")];
        let graph = Graph::new(low.into_iter().chain([file("high/a.rs", written)]));
        assert!(graph.uses("high::a").contains("low::disk"), "{written}");
    }
    // Where it leads to no module, the path is told, so that its beginning is judged all the same.
    let graph = Graph::new([file("a.rs", "pub(in crate::b) fn f() { crate::c::g() }")]);
    assert_eq!(Vec::from_iter(graph.uses("a")), ["c::g"]);
}

#[test]
fn each_yaml_library_is_named_where_its_part_is_decided() {
    let naming = |library: &str| -> Vec<String> {
        let mut named: Vec<String> =
            sources().iter().filter(|path| code(path).contains(library)).map(|path| relative(path)).collect();
        named.sort();
        named
    };
    assert_eq!(naming("serde_yaml"), ["experiment/yaml/scalar.rs"]);
    assert_eq!(naming("granit_parser"), ["experiment/yaml/read.rs", "experiment/yaml/refusal.rs"]);
}

/// A terminal obeys what it is sent, so there are few ways to one, and each takes only text that is safe: `output.rs` for
/// the verbs, the dashboard's screen, and the one line of a shim that has nobody else to tell. What carries the words of an engine
/// to a client of ours carries them into a pipe.
#[test]
fn four_files_speak_to_a_terminal() {
    let ways =
        ["io::stdout", "io::stderr", "print", "println", "eprint", "eprintln", "dbg", "/dev/tty", "stdio::stdout"];
    let speaks = |path: &PathBuf| {
        let code = code(path);
        // A macro is named with its mark, a function or a path is not.
        ways.iter()
            .any(|way| names(&code, &if way.contains(['/', ':']) { (*way).to_owned() } else { format!("{way}!") }))
    };
    let named: Vec<String> = sources().iter().filter(|path| speaks(path)).map(|path| relative(path)).collect();
    let mut named: Vec<&str> = named.iter().map(String::as_str).collect();
    named.sort_unstable();
    assert_eq!(named, ["commands/bridge.rs", "commands/output.rs", "shim/mod.rs", "tui/terminal.rs"]);
}

#[test]
fn the_shim_stays_small() {
    for path in sources() {
        let name = relative(&path);
        if name.starts_with("shim/") || name.starts_with("spawn/") {
            let code = code(&path);
            for heavy in ["tokio", "ratatui", "crossterm", "tracing"] {
                assert!(!code.contains(heavy), "{name} uses {heavy}");
            }
        }
    }
}
