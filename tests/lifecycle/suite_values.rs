//! A property of suites: one that is run again unchanged launches nothing and returns equal values, whatever is passed.

use std::fs;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::Exit;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::stage::{Stage, wait_for};

/// The canonical text of a value, which tells apart what `==` does not, and orders sets, whose own order differs from process
/// to process.
const CANONICAL: &str = "
def canonical(value):
    kind = type(value).__name__
    if isinstance(value, dict):
        parts = [canonical(part) for pair in value.items() for part in pair]
    elif isinstance(value, (set, frozenset)):
        parts = sorted(canonical(part) for part in value)
    elif isinstance(value, (list, tuple)):
        parts = [canonical(part) for part in value]
    else:
        parts = [ascii(value)]
    return kind + '(' + ', '.join(parts) + ')'
";

/// What can be an element of a set and a key of a dict, as Python reads it.
fn hashable() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("None".to_owned()),
        any::<bool>().prop_map(|value| if value { "True" } else { "False" }.to_owned()),
        any::<i128>().prop_map(|value| format!("({value})")),
        (-3_i32..4).prop_map(|value| format!("({value})")),
        any::<f64>().prop_map(|value| format!("bits({})", value.to_bits())),
        (-2_i32..3).prop_map(|value| format!("({value}.0)")),
        any::<String>().prop_map(|text| python(text.chars().map(u32::from))),
        // Also what is no character: Python has names of files with that.
        prop::collection::vec(0_u32..0x1_0000, 0..5).prop_map(|codes| python(codes.into_iter())),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(|bytes| format!("bytes({bytes:?})")),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| format!("tuple([{}])", parts.join(", "))),
            prop::collection::vec(inner, 0..4).prop_map(|parts| format!("frozenset([{}])", parts.join(", "))),
        ]
    })
}

/// Any value, as Python reads it.
fn value() -> impl Strategy<Value = String> {
    hashable().prop_recursive(3, 16, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            several.clone().prop_map(|parts| format!("[{}]", parts.join(", "))),
            several.prop_map(|parts| format!("tuple([{}])", parts.join(", "))),
            prop::collection::vec(hashable(), 0..5).prop_map(|parts| format!("set([{}])", parts.join(", "))),
            prop::collection::vec((hashable(), inner.clone()), 0..4).prop_map(|pairs| {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("({key}, {value})")).collect();
                format!("dict([{}])", pairs.join(", "))
            }),
            // One object at two places, or two equal ones.
            (inner, any::<bool>()).prop_map(|(part, is_same)| {
                if is_same { format!("(lambda part: [part, part])({part})") } else { format!("[{part}, {part}]") }
            }),
        ]
    })
}

/// A text of these code points, as Python reads it.
fn python(codes: impl Iterator<Item = u32>) -> String {
    let escapes: Vec<String> = codes.map(|code| format!("\\U{code:08x}")).collect();
    format!("'{}'", escapes.concat())
}

proptest! {
    // Each case has some dozen values; the same ones in every run, since a case takes seconds.
    #![proptest_config(ProptestConfig {
        cases: 3,
        rng_seed: RngSeed::Fixed(13),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_suite_that_is_run_again_unchanged_launches_nothing_and_returns_equal_values(
        arguments in prop::collection::vec((value(), value()), 8..16),
    ) {
        let stage = Stage::new();
        let ran = stage.path("ran");
        stage.write("sim.py", &format!("
def echo(*args, **kwargs):
    with open({:?}, 'a') as file:
        file.write('x\\n')
    return args, kwargs
", ran.to_str().unwrap()));
        let calls: Vec<String> = arguments.iter().map(|(one, other)| format!("(({one},), {{'x': {other}}})")).collect();
        stage.write("test.py", &format!("
from gem5.utils.multiprocessing import Pool
import sim, struct
def bits(number):
    return struct.unpack('d', struct.pack('Q', number))[0]
{CANONICAL}
calls = [
    {}
]
pool = Pool()
asked = [pool.apply_async(sim.echo, args, kwargs) for args, kwargs in calls]
print('asked', canonical(calls))
print('returned', canonical([one.get() for one in asked]))
", calls.join(",\n    ")));
        stage.experiment("concurrency: 9", "  - suite: test.py\n");
        stage.call("run exp.yaml").expect(0);
        let lines = |attempt: u32| -> (String, String) {
            let log = fs::read_to_string(stage.attempt("test", attempt).simout()).unwrap();
            let after = |word: &str| log.lines().find_map(|line| line.strip_prefix(word)).unwrap().to_owned();
            (after("asked "), after("returned "))
        };
        let (asked, returned) = lines(1);
        prop_assert_eq!(&asked, &returned);
        let count = || fs::read_to_string(&ran).unwrap().lines().count();
        prop_assert_eq!(count(), arguments.len());

        stage.call("retry exp.yaml test").expect(0);
        wait_for("the second attempt", || read_json::<Exit>(&stage.attempt("test", 2).exit()).unwrap());
        stage.wait_word("test", "ok");
        prop_assert_eq!(lines(2), (asked, returned));
        prop_assert_eq!(count(), arguments.len());
    }
}
