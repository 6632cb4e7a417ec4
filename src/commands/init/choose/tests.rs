use super::*;
use crate::commands::init::draft::Draft;
use crate::commands::script::Kind;
use crate::experiment::Program;

use std::io::Cursor;

fn option(flag: &str, choices: &[&str], default: Option<&str>, is_required: bool) -> ScriptOption {
    ScriptOption {
        flag: flag.to_owned(),
        takes_value: true,
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        default: default.map(str::to_owned),
        help: String::new(),
        is_required,
    }
}

fn options() -> Vec<ScriptOption> {
    vec![
        option("--workload", &["chase", "stream"], None, true),
        option("--l2", &[], Some("256KiB"), false),
        option("--cpu", &["o3", "minor"], Some("o3"), false),
        option("--ticks", &[], Some("80"), false),
    ]
}

fn told(chosen: &[Argument]) -> Vec<(&str, String)> {
    chosen.iter().map(|argument| (argument.flag.as_str(), argument.values.join(","))).collect()
}

fn axes(texts: &[&str]) -> Vec<Axis> {
    texts.iter().map(|text| Axis::read(text).unwrap()).collect()
}

/// What is chosen where a person gives these answers, one a line.
fn answered(options: &[ScriptOption], answers: &str) -> Result<Vec<Argument>, Failure> {
    let mut answers = Cursor::new(answers.to_owned());
    let mut dialogue = Dialogue::new(&mut answers, &|_| ());
    arguments(&[], Some(options), Some(&mut dialogue))
}

#[test]
fn what_the_script_offers_becomes_a_small_sweep() {
    let chosen = arguments(&[], Some(&options()), None).unwrap();
    assert_eq!(
        told(&chosen),
        [("--workload", "chase,stream".to_owned()), ("--l2", "256KiB,512KiB,1MiB".to_owned())],
        "two axes, and nothing of which no values are known"
    );
}

#[test]
fn named_axes_are_taken_as_they_are_with_what_the_script_needs() {
    let chosen = arguments(&axes(&["cpu=o3", "L2=1MiB,1MiB,2MiB"]), Some(&options()), None);
    assert!(chosen.unwrap_err().to_string().contains("did you mean `l2`?"));
    let chosen = arguments(&axes(&["cpu=o3", "l2=1MiB,1MiB,2MiB"]), Some(&options()), None).unwrap();
    let expected = [("--workload", "chase,stream"), ("--l2", "1MiB,2MiB"), ("--cpu", "o3")];
    assert_eq!(told(&chosen), expected.map(|(flag, values)| (flag, values.to_owned())));
}

#[test]
fn what_the_script_would_refuse_is_refused_before() {
    let refused = |axis: &str| arguments(&axes(&[axis]), Some(&options()), None).unwrap_err().to_string();
    assert!(refused("cpu=o4").contains("minor"), "the choices are told");
    assert!(refused("workloads=a").contains("did you mean `workload`?"));
    let needs = [option("--kernel", &[], None, true)];
    assert!(arguments(&[], Some(&needs), None).unwrap_err().to_string().contains("--axis kernel="));
    for odd in ["l2", "=1", "l2=", "l 2=1", "--=1"] {
        assert!(Axis::read(odd).is_err(), "{odd}");
    }
}

#[test]
fn a_person_is_asked_again_until_the_answer_can_be_used() {
    let chosen = answered(&options(), "l3\ncpu\no4\no3,minor\n\n").unwrap();
    let expected = [("--workload", "chase,stream"), ("--cpu", "o3,minor")];
    assert_eq!(told(&chosen), expected.map(|(flag, values)| (flag, values.to_owned())));
    assert!(matches!(answered(&options(), "cpu\n"), Err(Failure::Refused(_))), "an end of all answers writes nothing");
}

#[test]
fn whatever_a_value_looks_like_the_file_means_that_text() {
    let values = ["1", "off", "true", "null", "a b", "$x", "0x10", "c: d", "e #f", "- g", "\"h"];
    let argument = Argument { flag: "--v".to_owned(), values: values.map(str::to_owned).to_vec(), is_named: true };
    let draft = Draft {
        name: "x".to_owned(),
        gem5: "/opt/my gem5/gem5.opt".to_owned(),
        script: "a: b.py".to_owned(),
        kind: Kind::Plain,
        arguments: vec![argument],
    };
    let machine = crate::spawn::machine::Machine::lenient();
    let loaded = crate::experiment::load(
        &draft.text(),
        std::path::Path::new("/w/x.yaml"),
        &crate::experiment::Overrides::default(),
        &machine,
    );
    let plan = loaded.map(|loaded| loaded.plan).map_err(|problems| problems.items().to_vec()).unwrap();
    let args = |sim: &crate::experiment::Simulation| match sim.run.program() {
        Some(Program::Script { args, .. }) => args.clone(),
        other => panic!("{other:?}"),
    };
    let given: Vec<Vec<String>> = plan.simulations.iter().map(args).collect();
    assert_eq!(given, values.map(|value| [format!("--v={value}")]));
}
