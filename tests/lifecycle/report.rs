//! All of an experiment in one file.

use crate::stage::Stage;

/// Writes stats, and fails once, or always, where its arguments say so.
const SCRIPT: &str = r#"
import os, sys
l2, mode = sys.argv[1:3]
if mode == "always" or (mode == "once" and not os.path.exists("failed-" + l2)):
    open("failed-" + l2, "w").close()
    raise ValueError("no such <cache>")
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    stats.write(f"\n---------- Begin Simulation Statistics ----------\nsimInsts 1000 # (Count)\n"
                f"system.cpu.numCycles {2000 if l2 == '256KiB' else 1000} # (Cycle)\n\n---------- End Simulation Statistics   ----------\n")
print("Exiting @ tick 3000000 because m5_exit instruction encountered")
"#;

const SETTINGS: &str = "  env: {OUT: \"${outdir}\", LAB_TOKEN: xyzzy-plugh}
results:
  metrics:
    ipc: {value: simInsts / system.cpu.numCycles, better: higher}
  baseline: {l2: 256KiB}
  views:
    plain: {compare: none}
";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    stage.experiment(
        SETTINGS,
        "  - {name: \"a-${l2}\", script: s.py, matrix: {l2: [256KiB, 1MiB]}, args: [\"${l2}\", once], retries: {python-error: 1}}\n\
         \x20 - {name: \"b-${l2}\", script: s.py, matrix: {l2: [2MiB, 4MiB]}, args: [\"${l2}\", always]}\n",
    );
    stage.call("run exp.yaml").expect(1);
    stage
}

/// The section of this title.
fn section<'t>(text: &'t str, title: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no {title}:\n{text}"));
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

#[test]
fn a_report_tells_what_ran_what_failed_and_how_to_make_it_again_and_no_secret() {
    let stage = stage();
    let text = stage.call("report exp.yaml --md").expect(0).out;
    assert!(
        text.starts_with("# staged\n\n4 simulations, on 1 host") && text.contains("**2** ok · **2** failed"),
        "{text}"
    );
    let results = section(&text, "Results");
    assert!(results.contains("| 1MiB | 2.000 |") || results.contains("| 1MiB | 2 |"), "{results}");
    assert!(results.contains("### plain") && results.contains("| 1MiB | 1"), "{results}");
    let failures = section(&text, "Failures by reason");
    assert!(failures.contains("no such &lt;cache&gt;") && failures.contains("| 2 | b-2MiB, b-4MiB |"), "{failures}");
    let retried = section(&text, "Retried");
    assert_eq!(retried.matches("2: ok").count(), 2, "{retried}");
    let made = section(&text, "Made with");
    assert!(made.contains("s.py") && made.matches("sha256 ").count() >= 2, "{made}");
    let again = section(&text, "To make it again");
    assert_eq!(again.matches(" && env ").count(), 4, "{again}");
    let file = section(&text, "Experiment file");
    assert!(file.contains("LAB_TOKEN: ***********") && file.contains("baseline: {l2: 256KiB}"), "{file}");
    let page = stage.call("report exp.yaml").expect(0).out;
    assert!(page.contains("<svg") && page.contains("no such &lt;cache&gt;") && !page.contains("<script"), "{page}");
    for told in [&text, &page] {
        assert!(!told.contains("xyzzy"), "{told}");
    }
    // A view that was saved while looking at results is one of all views, with the dump that it means.
    let saved = serde_json::json!({"format": 1, "views": [{"name": "kept", "metrics": ["ipc"], "dump": "-9"}]});
    std::fs::write(stage.path("out/views.json"), saved.to_string()).unwrap();
    let text = stage.call("report exp.yaml --md").expect(0).out;
    let (_, kept) = section(&text, "Results").split_once("### kept").unwrap();
    assert!(kept.contains("dump -9") && !kept.contains("2.000"), "{kept}");
    std::fs::remove_file(stage.path("out/views.json")).unwrap();
    // The same experiment gives the same report, and one that somebody worked on is kept.
    let path = stage.path("report.html");
    let write = format!("report exp.yaml -o {}", path.display());
    stage.call(&write).expect(0);
    assert!(stage.call(&write).expect(0).out.contains("unchanged"));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&page));
    std::fs::write(&path, "mine").unwrap();
    stage.call(&write).expect(2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    stage.call(&format!("report exp.yaml -o {}", stage.path("report.txt").display())).expect(2);
    // A file that is gone, or that nobody can read, is told, and no line of it is shown.
    stage.write("exp.yaml", "name: [LAB_TOKEN: xyzzy-plugh\n");
    let text = stage.call("report out --md").expect(0).out;
    assert!(section(&text, "Experiment file").contains("is not shown") && !text.contains("xyzzy"), "{text}");
    std::fs::remove_file(stage.path("exp.yaml")).unwrap();
    let text = stage.call("report out --md").expect(0).out;
    assert!(section(&text, "Experiment file").contains("cannot be read"), "{text}");
}

#[test]
fn each_table_and_figure_stands_there_once_and_a_figure_is_of_the_kind_that_the_file_says() {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    let results = "  env: {OUT: \"${outdir}\"}
results:
  metrics:
    ipc: {value: simInsts / system.cpu.numCycles, better: higher}
    slip: {value: system.cpu.numCycle}
  views:
    same: {}
    speed: {metric: ipc}
  plots:
    speed: {kind: lines, view: speed}
    alone: {kind: heat, metric: ipc}
";
    stage.experiment(
        results,
        "  - {name: \"a-${l2}\", script: s.py, matrix: {l2: [256KiB, 512KiB, 1MiB]}, args: [\"${l2}\", ok]}\n",
    );
    stage.call("run exp.yaml").expect(0);
    let page = stage.call("report exp.yaml").expect(0).out;
    let headings: Vec<&str> = page.split("<h3>").skip(1).filter_map(|rest| rest.split("</h3>").next()).collect();
    // The table of the file is that of the view `same`.
    assert_eq!(headings, ["same", "speed", "alone"], "{page}");
    // Lines for `speed` and shades for `alone`, and no bars of the same numbers beside them.
    assert_eq!((page.matches("<svg").count(), page.matches("<polyline").count()), (2, 1), "{page}");
    assert_eq!(page.matches("did you mean `system.cpu.numCycles`?").count(), 1, "{page}");
    // In Markdown the figures are files beside it, which are nobody's else.
    let path = stage.path("all.md");
    let write = format!("report exp.yaml -o {}", path.display());
    stage.call(&write).expect(0);
    let text = std::fs::read_to_string(&path).unwrap();
    for name in ["all-speed.svg", "all-alone.svg"] {
        assert!(text.contains(&format!("]({name})")), "{text}");
        assert!(std::fs::read_to_string(stage.path(name)).unwrap().starts_with("<svg"));
    }
    std::fs::write(stage.path("all-speed.svg"), "mine").unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(stage.call(&write).expect(2).err.contains("all-speed.svg"));
    assert!(!path.exists(), "all or none");
}

#[test]
fn a_report_of_what_has_not_begun_or_watches_nothing_is_one_too() {
    let stage = Stage::new();
    stage.write("s.py", "");
    stage.experiment("", "  - {name: a, script: s.py}\n");
    let text = stage.call("report exp.yaml --md").expect(0).out;
    assert!(text.contains("not finished") && section(&text, "Results").contains("no metric"), "{text}");
    assert!(!text.contains("## Failures"));
}
