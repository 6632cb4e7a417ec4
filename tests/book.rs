//! The book: whatever a page tells to write is an experiment, and whatever it tells to type is a command line.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use gem5_tui::cli::Cli;
use gem5_tui::diagnostic::Look;
use gem5_tui::experiment::{self, FileKind, Files, Overrides};

/// A machine that has whatever a page speaks of.
struct Everything;

impl Files for Everything {
    fn kind(&self, _: &Path) -> FileKind {
        FileKind::Unasked
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        Some(Path::new("/usr/bin").join(name))
    }

    fn multisim_ids(&self, _: &experiment::Listing) -> Result<Vec<String>, String> {
        Ok(vec!["a".to_owned(), "b".to_owned()])
    }
}

/// The pages, with their names.
fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = files.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let mut pages: Vec<(String, String)> = pages
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    pages.sort();
    pages
}

/// The blocks of a page in this language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_file_of_a_page_is_an_experiment_without_a_doubt() {
    let mut found = 0;
    for (name, page) in pages() {
        for text in blocks(&page, "yaml") {
            let source = Path::new("/w/exp.yaml");
            match experiment::load(text, source, &Overrides::default(), &Everything) {
                Ok(loaded) => {
                    let warnings = loaded.warnings.render(Look::PLAIN);
                    assert!(loaded.warnings.items().is_empty(), "{name}: {}\n{text}", &*warnings);
                }
                Err(problems) => panic!("{name}: {}\n{text}", &*problems.render(Look::PLAIN)),
            }
            found += 1;
        }
    }
    assert!(found > 0, "no page has a file");
}

#[test]
fn every_command_of_a_page_can_be_typed() {
    let mut found = 0;
    for (name, page) in pages() {
        for line in page.lines().filter(|line| line.starts_with("    gem5-tui ")) {
            let words = shlex::split(line.trim()).unwrap_or_else(|| panic!("{name}: {line}"));
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{name}: {line}\n{error}");
            }
            found += 1;
        }
    }
    assert!(found > 0, "no page has a command");
}

/// Links to files beside the page and above it.
#[test]
fn every_link_of_a_page_leads_somewhere() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, page) in pages() {
        let targets = page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            assert!(docs.join(target).exists(), "{name}: {target}");
        }
    }
}

#[test]
fn every_page_is_in_the_list_of_pages() {
    let pages = pages();
    let list = &pages.iter().find(|(name, _)| name == "README.md").unwrap().1;
    for (name, _) in pages.iter().filter(|(name, _)| name != "README.md") {
        assert!(list.contains(&format!("({name})")), "{name}");
    }
}
