use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::rundir::record::{ExperimentRecord, FORMAT, Moment};
use crate::rundir::{ExperimentDir, Lease, atomic};
use crate::spawn::identity;

const INTENTS: [Intent; 5] = [Intent::Launch, Intent::Open, Intent::Look, Intent::Measure, Intent::Signal];

/// The whole table: what was named, what is recorded, and whose plan each of [`INTENTS`] takes.
#[rustfmt::skip]
const TABLE: [(Named, Recorded, [Choice; 5]); 18] = {
    use Choice::{File as F, None as O, Record as R, RecordWithSecrets as S, Unready as U};
    use Named::{Broken, Directory, Fine, Gone, Script, Unready};
    use Recorded::{Living, Nothing, Plan};
    [
        //                      Launch Open Look Measure Signal
        (Directory, Nothing, [O, O, O, O, O]),
        (Directory, Plan,    [O, O, R, R, S]),
        (Directory, Living,  [O, R, R, R, S]),
        (Fine,      Nothing, [F, F, F, F, F]),
        (Fine,      Plan,    [F, F, F, F, F]),
        (Fine,      Living,  [F, F, F, F, F]),
        (Script,    Nothing, [F, F, F, F, F]),
        (Script,    Plan,    [F, F, R, R, R]),
        (Script,    Living,  [F, F, R, R, R]),
        (Unready,   Nothing, [O, O, U, U, O]),
        (Unready,   Plan,    [O, O, U, U, R]),
        (Unready,   Living,  [O, R, U, U, R]),
        (Broken,    Nothing, [O, O, O, O, O]),
        (Broken,    Plan,    [O, O, R, O, R]),
        (Broken,    Living,  [O, R, R, O, R]),
        (Gone,      Nothing, [O, O, O, O, O]),
        (Gone,      Plan,    [O, O, R, R, R]),
        (Gone,      Living,  [O, R, R, R, R]),
    ]
};

#[test]
fn the_table_says_whose_plan_is_right() {
    for (named, recorded, choices) in TABLE {
        for (intent, choice) in INTENTS.into_iter().zip(choices) {
            assert_eq!(choose(intent, named, recorded), choice, "{intent:?} {named:?} {recorded:?}");
        }
    }
}

/// A directory with an experiment file, what it needs, and an experiment directory.
struct Place(tempfile::TempDir);

const FILE: &str =
    "name: of-file\ngem5: ./gem5\noutdir: out\nsimulations:\n  - {name: a, script: s.py, env: {A_KEY: x}}\n";

impl Place {
    /// In which `named` and `recorded` are so.
    fn new(named: Named, recorded: Recorded) -> (Self, Option<Lease>) {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path("exp.yaml"), FILE).unwrap();
        fs::write(place.path("s.py"), "").unwrap();
        fs::write(place.path("gem5"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(place.path("gem5"), fs::Permissions::from_mode(0o755)).unwrap();
        let outdir = ExperimentDir::new(place.path("out"));
        let mut lease = None;
        if recorded != Recorded::Nothing {
            fs::create_dir(outdir.path()).unwrap();
            let of_file = Source::read(&place.target("exp.yaml")).unwrap().plan(Intent::Look).unwrap();
            let plan = Plan { name: "of-record".to_owned(), ..of_file.redacted() };
            let record = ExperimentRecord { format: FORMAT, at: Moment::now(), plan };
            atomic::write_json(&outdir.experiment_record(), &record).unwrap();
        }
        if recorded == Recorded::Living {
            let me = identity::own().unwrap();
            lease = Some(Lease::acquire(&outdir, None, &me, place.path("socket"), false).unwrap());
        }
        match named {
            Named::Directory | Named::Fine | Named::Script => {}
            Named::Unready => fs::remove_file(place.path("s.py")).unwrap(),
            Named::Broken => fs::write(place.path("exp.yaml"), FILE.replace("simulations", "simulation")).unwrap(),
            Named::Gone => fs::remove_file(place.path("exp.yaml")).unwrap(),
        }
        (place, lease)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn target(&self, name: &str) -> Target {
        Target { experiment: self.path(name), overrides: cli::Overrides::default() }
    }

    /// What names the experiment.
    fn named(&self, named: Named) -> Target {
        let mut target = self.target(if named == Named::Directory { "out" } else { "exp.yaml" });
        // Nobody else can say where the records of a file are that is gone.
        if named == Named::Gone {
            target.overrides.outdir = Some(self.path("out"));
        }
        target
    }
}

#[test]
fn what_is_on_the_disk_is_what_the_table_speaks_of() {
    for (named, recorded, choices) in TABLE.into_iter().filter(|(named, ..)| *named != Named::Script) {
        let (place, _lease) = Place::new(named, recorded);
        for (intent, choice) in INTENTS.into_iter().zip(choices) {
            let source = Source::read(&place.named(named)).unwrap();
            let resolved = source.resolve(intent);
            let told = resolved.as_ref().ok().map(|resolved| {
                let key = resolved.plan.simulations[0].env["A_KEY"].as_deref();
                let is_record = matches!(resolved.by, By::Record { .. });
                (resolved.plan.name.as_str(), key.unwrap(), is_record)
            });
            let expected = match choice {
                Choice::File | Choice::Unready => Some(("of-file", "x", false)),
                Choice::Record => Some(("of-record", crate::experiment::secret::WITHHELD, true)),
                Choice::RecordWithSecrets => Some(("of-file", "x", true)),
                Choice::None => None,
            };
            assert_eq!(told, expected, "{intent:?} {named:?} {recorded:?}");
        }
    }
}

#[test]
fn a_directory_whose_file_says_something_else_keeps_its_own_plan() {
    let (place, _) = Place::new(Named::Directory, Recorded::Plan);
    fs::write(place.path("exp.yaml"), FILE.replace("name: a", "name: b")).unwrap();
    let plan = Source::read(&place.target("out")).unwrap().plan(Intent::Signal).unwrap();
    assert_eq!((plan.name.as_str(), plan.simulations[0].name.as_str()), ("of-record", "a"));
}

#[test]
fn what_is_wrong_fits_into_one_line_wherever_it_is_told() {
    for named in [Named::Directory, Named::Unready, Named::Broken, Named::Gone] {
        let (place, _) = Place::new(named, Recorded::Plan);
        let source = Source::read(&place.named(named)).unwrap();
        let line = source.resolve(Intent::Launch).unwrap_err().in_line().into_string();
        assert!(!line.is_empty() && !line.contains('\n'), "{line}");
    }
}
