//! Tables and observations for the tests: an ordinary one, and the worst that anybody could make.

use gem5_tui::experiment::{Parameter, ParameterValue};
use gem5_tui::report::observation::{Dump, Measured, Observation, Observations};
use gem5_tui::report::{Cell, Column, Excluded, Note, Row, Table, Value};

/// What a stranger may call something.
pub(crate) const HOSTILE: [&str; 12] = [
    "=cmd|' /C calc'!A0",
    "a|b & c\t\"d\"",
    "line\none\r\ntwo",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{202e}evil\u{9b}2J",
    "模拟器 é e\u{301} 😀",
    "<script>alert('x')</script>",
    "\\input{/etc/passwd} $x_1^2$ %# ~{}",
    "*bold* _it_ `code` [a](http://x) @you",
    "",
    "*",
    "# comment",
];

pub(crate) fn number(number: f64) -> Value {
    Value {
        number,
        error: None,
        count: 1,
        digits: None,
        is_provisional: false,
        notes: Vec::new(),
        simulations: Vec::new(),
    }
}

pub(crate) fn value(n: f64) -> Cell {
    Cell::Value(number(n))
}

pub(crate) fn missing(word: &str, reason: &str) -> Cell {
    Cell::Missing { word: word.to_owned(), reason: reason.to_owned() }
}

pub(crate) fn row(labels: &[&str], cells: Vec<Cell>) -> Row {
    Row { labels: strings(labels), is_baseline: false, cells }
}

pub(crate) fn column(labels: &[&str]) -> Column {
    Column { labels: strings(labels), is_mean: false }
}

pub(crate) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// What a paper has: a speedup over two sizes and three workloads, with a geometric mean.
pub(crate) fn speedup() -> Table {
    let shown = |n: f64| Cell::Value(Value { digits: Some(3), error: Some(n / 100.0), count: 5, ..number(n) });
    Table {
        title: "speedup".to_owned(),
        unit: Some("Ratio".to_owned()),
        row_names: strings(&["l2", "assoc"]),
        column_names: strings(&["workload"]),
        columns: vec![
            column(&["stream"]),
            column(&["chase"]),
            column(&["random"]),
            Column { labels: strings(&["geomean"]), is_mean: true },
        ],
        rows: vec![
            Row {
                labels: strings(&["256KiB", "4"]),
                is_baseline: true,
                cells: vec![shown(1.0), shown(1.0), shown(1.0), shown(1.0)],
            },
            row(
                &["512KiB", "4"],
                vec![
                    shown(1.000_123),
                    shown(14.862_3),
                    Cell::Value(Value { digits: Some(3), is_provisional: true, ..number(0.44) }),
                    Cell::Value(Value { digits: Some(3), notes: vec![0], ..number(3.855) }),
                ],
            ),
            row(
                &["1MiB", "16"],
                vec![
                    shown(0.999),
                    missing("segv", "killed by SIGSEGV in attempt 2"),
                    missing("running", "it has no dump yet"),
                    missing("no mean", "2 of 3 workloads are missing"),
                ],
            ),
        ],
        pipeline: strings(&[
            "dump last",
            "simInsts / cycles",
            "ratio to l2=256KiB, assoc=4",
            "mean of seed",
            "geomean over workload",
        ]),
        notes: vec![Note { text: "over 2 of 3 workloads: random is running".to_owned() }],
        excluded: vec![
            Excluded { simulation: "chase-1MiB-16".to_owned(), reason: "segv".to_owned() },
            Excluded { simulation: "random-512KiB-4".to_owned(), reason: "running".to_owned() },
            Excluded { simulation: "random-1MiB-16".to_owned(), reason: "running".to_owned() },
        ],
        versions: strings(&["24.0.0.1"]),
    }
}

/// Columns of two parameters.
pub(crate) fn grouped() -> Table {
    let columns = ["stream", "chase"].iter().flat_map(|workload| ["off", "stride"].map(|pf| column(&[workload, pf])));
    let mut columns: Vec<Column> = columns.collect();
    columns.push(Column { labels: strings(&["mean"]), is_mean: true });
    Table {
        title: "time".to_owned(),
        unit: Some("Second".to_owned()),
        row_names: strings(&["l2"]),
        column_names: strings(&["workload", "prefetcher"]),
        columns,
        rows: vec![
            row(&["256KiB"], [0.012_5, 0.011_9, 1.25, 1.31, 0.646].map(value).to_vec()),
            row(&["8MiB"], [0.012_4, 0.011_9, 0.75, 10.5, 2.819].map(value).to_vec()),
        ],
        pipeline: strings(&["dump last", "simSeconds", "mean over workload"]),
        ..nothing()
    }
}

/// Hostile names everywhere, and every kind of number and cell.
pub(crate) fn hard() -> Table {
    let numbers = [
        0.0,
        -0.0,
        1.5e300,
        -2.5e-300,
        123_456_789.0,
        -1_234.567_8,
        0.1 + 0.2,
        f64::NAN,
        f64::INFINITY,
        4e15,
        1e-7,
        7.0,
    ];
    let rows = HOSTILE.iter().zip(numbers).enumerate().map(|(at, (name, n))| Row {
        labels: strings(&[name, "x"]),
        is_baseline: at == 1,
        cells: vec![
            value(n),
            Cell::Value(Value {
                error: Some([0.0, 1e-9, 2.5, 1e20, f64::NAN][at % 5]),
                count: at as u32,
                is_provisional: at % 3 == 0,
                notes: vec![at % 2, 99],
                ..number(n / 3.0)
            }),
            missing(name, HOSTILE[(at + 1) % HOSTILE.len()]),
        ],
    });
    Table {
        title: HOSTILE[3].to_owned(),
        unit: Some(HOSTILE[6].to_owned()),
        row_names: strings(&[HOSTILE[7], HOSTILE[1]]),
        column_names: strings(&[HOSTILE[0], HOSTILE[8]]),
        columns: vec![
            column(&[HOSTILE[6], HOSTILE[5]]),
            column(&[HOSTILE[6], HOSTILE[2]]),
            Column { labels: strings(&[HOSTILE[7]]), is_mean: true },
        ],
        rows: rows.collect(),
        pipeline: strings(&[HOSTILE[4], HOSTILE[7]]),
        notes: vec![Note { text: HOSTILE[2].to_owned() }, Note { text: HOSTILE[6].to_owned() }],
        excluded: HOSTILE
            .iter()
            .map(|name| Excluded { simulation: (*name).to_owned(), reason: HOSTILE[7].to_owned() })
            .collect(),
        versions: strings(&[HOSTILE[6], HOSTILE[7]]),
    }
}

/// Many columns, a few rows.
pub(crate) fn wide() -> Table {
    Table {
        title: "ipc".to_owned(),
        row_names: strings(&["l2"]),
        column_names: strings(&["workload"]),
        columns: (1..=60).map(|at| column(&[&format!("w{at}")])).collect(),
        rows: ["256KiB", "1MiB"]
            .iter()
            .map(|l2| row(&[l2], (0..60).map(|at| value(0.5 + f64::from(at) / 100.0)).collect()))
            .collect(),
        ..nothing()
    }
}

/// A single number.
pub(crate) fn single() -> Table {
    Table {
        columns: vec![Column { labels: Vec::new(), is_mean: false }],
        rows: vec![row(&[], vec![value(0.821_34)])],
        ..nothing()
    }
}

/// No rows.
pub(crate) fn nothing() -> Table {
    Table {
        title: "ipc".to_owned(),
        unit: None,
        row_names: Vec::new(),
        column_names: Vec::new(),
        columns: Vec::new(),
        rows: Vec::new(),
        pipeline: strings(&["dump last", "ipc"]),
        notes: Vec::new(),
        excluded: Vec::new(),
        versions: Vec::new(),
    }
}

/// All of them, with names.
pub(crate) fn all() -> Vec<(&'static str, Table)> {
    let empty =
        Table { excluded: vec![Excluded { simulation: "a".to_owned(), reason: "segv".to_owned() }], ..nothing() };
    vec![
        ("speedup", speedup()),
        ("grouped", grouped()),
        ("hard", hard()),
        ("wide", wide()),
        ("single", single()),
        ("nothing", nothing()),
        ("all_excluded", empty),
    ]
}

fn parameter(name: &str, value: ParameterValue) -> Parameter {
    Parameter { name: name.to_owned(), value }
}

/// Two workloads, two sizes, two dumps of one, a failed one and one that runs, with hostile names.
pub(crate) fn observations() -> Observations {
    let l2 = |bytes: u64, text: &str| parameter("l2", ParameterValue::Size { bytes, text: text.to_owned() });
    let ways = |n: u64| parameter("ways", ParameterValue::Number { value: n.into(), text: n.to_string() });
    let point = |workload: &str, size: Parameter, n: u64| vec![Parameter::text("workload", workload), size, ways(n)];
    let base = Observation {
        ok: true,
        outcome: Some("ok".to_owned()),
        attempt: Some(1),
        dump: Some(Dump { number: Some(1), label: None, interval: Some((0, 1_040_000_000)) }),
        wall_s: Some(12.25),
        cpu_s: Some(11.5),
        max_rss_bytes: Some(612_368_384),
        host: Some("node1".to_owned()),
        gem5_version: Some("24.0.0.1".to_owned()),
        gem5_sha256: Some("ab".repeat(32)),
        script_sha256: Some("cd".repeat(32)),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        dirty: Some(false),
        outdir: Some("out/stream/attempt-1/m5out".to_owned()),
        ..Observation::default()
    };
    let with = |name: &str, parameters: Vec<Parameter>, values: [f64; 2]| Observation {
        simulation: name.to_owned(),
        parameters,
        values: values.map(Measured::Value).to_vec(),
        ..base.clone()
    };
    let absent = |word: &str| Measured::Missing { word: word.to_owned() };
    let mut second = with("stream-1MiB", point("stream", l2(1 << 20, "1MiB"), 16), [0.1 + 0.2, 1e-9]);
    second.dump = Some(Dump { number: Some(2), label: Some("ROI, \"end\"".to_owned()), interval: None });
    second.values[1] = absent("absent");
    let mut failed = with("chase-256KiB", point("chase", l2(1 << 18, "256KiB"), 8), [0.44, 3.0]);
    (failed.ok, failed.outcome, failed.reason) =
        (false, Some("segv".to_owned()), Some("killed by SIGSEGV, core dumped".to_owned()));
    failed.values = vec![absent("segv"), absent("segv")];
    let running = Observation {
        simulation: HOSTILE[0].to_owned(),
        parameters: vec![
            Parameter::text("workload", HOSTILE[2]),
            parameter("l2", ParameterValue::Absent),
            parameter("ok", ParameterValue::Bool { value: true, text: "true".to_owned() }),
            parameter(
                "ipc",
                ParameterValue::List {
                    items: vec!["--pf".into(), "--degree=4".into()],
                    text: "--pf+--degree=4".to_owned(),
                },
            ),
        ],
        values: vec![absent("running"), Measured::Value(f64::NAN)],
        ..Observation::default()
    };
    Observations {
        metrics: strings(&["ipc", "mpki"]),
        notes: strings(&["stream-1MiB: dump 2 of 2 repeats dump 1"]),
        rows: vec![
            with("stream-256KiB", point("stream", l2(1 << 18, "256KiB"), 8), [0.821_34, 123_456_789_012_345_680.0]),
            with("stream-1MiB", point("stream", l2(1 << 20, "1MiB"), 16), [1.25, 0.0]),
            second,
            failed,
            with("chase-1MiB", point("chase", l2(1 << 20, "1MiB"), 16), [2.0, -17.0]),
            running,
        ],
    }
}
