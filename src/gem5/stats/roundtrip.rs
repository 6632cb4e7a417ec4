//! What gem5 writes is what is read: a writer after the rules of `base/stats/text.cc`, and the readers of this module.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Block, Dumps, Kind, StatLine, TextParser, Watch, stats};

/// How the file is written: `spaces` and `desc` of the stats URL.
#[derive(Debug, Clone, Copy)]
struct Style {
    spaces: bool,
    descriptions: bool,
}

/// One stat with its flags.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of a stat, each on or off")]
struct Info {
    name: String,
    description: String,
    unit: Option<&'static str>,
    precision: Option<usize>,
    nozero: bool,
    nonan: bool,
    total: bool,
    pdf: bool,
    oneline: bool,
    data: Data,
}

#[derive(Debug, Clone)]
enum Data {
    Scalar(f64),
    Vector(Vec<(String, f64)>),
    /// The names of the columns, and rows as long as they are many.
    Matrix(Vec<String>, Vec<Vec<f64>>),
    /// Whether it has a geometric mean instead of underflows; the least value, the size of a bucket, the counts.
    Distribution(bool, f64, f64, Vec<f64>),
    Sparse(Vec<(i32, u32)>),
}

/// Writes, and notes what a reader must find.
struct Writer<'a> {
    style: Style,
    info: &'a Info,
    text: &'a mut String,
    lines: &'a mut Vec<StatLine>,
    /// The cells of the histogram that is being written.
    open: Vec<StatLine>,
    cdf: f64,
}

fn printed(value: f64, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    let precision = precision.unwrap_or(if value.fract().abs() > 0.0 { 6 } else { 0 });
    // Rust and C++ agree on decimals and on `inf`.
    format!("{value:.precision$}")
}

fn percent(share: f64) -> String {
    if share.is_nan() { String::new() } else { format!("{:.2}%", share * 100.0) }
}

fn share(printed: &str) -> Option<f64> {
    printed.strip_suffix('%').map(|digits| digits.parse().unwrap())
}

impl<'a> Writer<'a> {
    fn new(info: &'a Info, style: Style, text: &'a mut String, lines: &'a mut Vec<StatLine>) -> Self {
        Self { style, info, text, lines, open: Vec::new(), cdf: 0.0 }
    }

    fn comment(&self, description: &str) -> String {
        let mut comment = String::new();
        if self.style.descriptions {
            if !description.is_empty() {
                comment = format!(" # {description}");
            }
            if let Some(unit) = self.info.unit {
                comment = format!("{comment} ({unit})");
            }
        }
        comment
    }

    /// `ScalarPrint`: a line, or a cell of one.
    fn value(&mut self, label: Option<&str>, value: f64, pdf: f64, cdf: f64, cell: bool) {
        if (self.info.nozero && !cell && value == 0.0) || (self.info.nonan && value.is_nan()) {
            return;
        }
        let name = label.map_or_else(|| self.info.name.clone(), |label| format!("{}::{label}", self.info.name));
        let value = printed(value, self.info.precision);
        let (pdf, cdf) = (percent(pdf), percent(cdf));
        if cell {
            self.text.push_str(" |");
        } else if self.style.spaces {
            write!(self.text, "{name:<40} ").unwrap();
        } else {
            write!(self.text, "{name} ").unwrap();
        }
        if self.style.spaces {
            write!(self.text, "{value:>12} {pdf:>10} {cdf:>10}").unwrap();
        } else {
            self.text.push_str(&value);
            for share in [&pdf, &cdf].into_iter().filter(|share| !share.is_empty()) {
                write!(self.text, " {share}").unwrap();
            }
        }
        let unit = self.info.unit.filter(|_| self.style.descriptions).map(|unit| {
            // A ratio brings its own parentheses.
            unit.strip_prefix('(').and_then(|unit| unit.strip_suffix(')')).unwrap_or(unit).to_owned()
        });
        let description = if self.style.descriptions { self.info.description.clone() } else { String::new() };
        let value = value.parse().unwrap();
        let line = StatLine { name, value, pdf: share(&pdf), cdf: share(&cdf), description, unit };
        if cell {
            self.open.push(line);
        } else {
            let comment = self.comment(&self.info.description);
            writeln!(self.text, "{comment}").unwrap();
            self.lines.push(line);
        }
    }

    fn figure(&mut self, label: &str, value: f64) {
        self.value(Some(label), value, f64::NAN, f64::NAN, false);
    }

    fn begin_row(&mut self) {
        if self.style.spaces {
            write!(self.text, "{:<40}", self.info.name).unwrap();
        } else {
            self.text.push_str(&self.info.name);
        }
    }

    fn end_row(&mut self) {
        let comment = self.comment(&self.info.description);
        writeln!(self.text, "{comment}").unwrap();
        self.lines.append(&mut self.open);
    }

    /// The share of a value: `ScalarPrint::update`.
    fn shared(&mut self, label: &str, value: f64, total: f64) {
        let pdf = if total == 0.0 { f64::NAN } else { value / total };
        self.cdf = if total == 0.0 { f64::NAN } else { self.cdf + pdf };
        self.value(Some(label), value, pdf, self.cdf, self.info.oneline);
    }

    /// `VectorPrint`.
    fn vector(&mut self, elements: &[(String, f64)], force_names: bool) {
        let sum: f64 = elements.iter().map(|(_, value)| value).sum();
        let total = if self.info.pdf { sum } else { 0.0 };
        if let [(name, value)] = elements {
            let zero = if total == 0.0 { f64::NAN } else { 0.0 };
            self.value(force_names.then_some(name.as_str()), *value, zero, zero, false);
            return;
        }
        self.cdf = 0.0;
        if !self.info.nozero || sum != 0.0 {
            if self.info.oneline {
                self.begin_row();
            }
            for (name, value) in elements {
                // The names are lost on one line, and which cells were left out (`nonan`) too.
                let index = self.open.len().to_string();
                self.shared(if self.info.oneline { &index } else { name }, *value, total);
            }
            if self.info.oneline {
                self.end_row();
            }
        }
        if self.info.total {
            self.figure("total", sum);
        }
    }

    /// `DistPrint`.
    fn distribution(&mut self, is_histogram: bool, min: f64, size: f64, counts: &[f64]) {
        let samples: f64 = counts.iter().sum();
        if self.info.nozero && samples == 0.0 {
            return;
        }
        let max = min + size * counts.len() as f64 - 1.0;
        if self.info.oneline {
            self.figure("bucket_size", size);
            self.figure("min_bucket", min);
            self.figure("max_bucket", max);
        }
        self.figure("samples", samples);
        let moment = if samples == 0.0 { f64::NAN } else { 1.25 };
        self.figure("mean", moment);
        self.figure(if is_histogram { "gmean" } else { "stdev" }, moment);
        self.cdf = 0.0;
        let oneline = self.info.oneline;
        let zero = if samples == 0.0 { f64::NAN } else { 0.0 };
        if !is_histogram {
            self.value(Some("underflows"), 0.0, zero, zero, false);
        }
        if oneline {
            self.begin_row();
        }
        for (index, count) in counts.iter().enumerate() {
            let low = min + size * index as f64;
            let high = (low + size - 1.0).min(max);
            let label = if low < high { format!("{low}-{high}") } else { low.to_string() };
            self.shared(&label, *count, samples);
        }
        if oneline {
            self.end_row();
        }
        if !is_histogram {
            self.value(Some("overflows"), 0.0, zero, self.cdf, false);
            self.figure("min_value", min);
            self.figure("max_value", max);
        }
        self.figure("total", samples);
    }
}

/// The text of a dump of these stats, and the lines that must be read from it.
fn write(infos: &[Info], style: Style) -> (String, Vec<StatLine>) {
    let mut text = "\n---------- Begin Simulation Statistics ----------\n".to_owned();
    let mut lines = Vec::new();
    for info in infos {
        write_stat(info, style, &mut text, &mut lines);
    }
    text.push_str("\n---------- End Simulation Statistics   ----------\n");
    (text, lines)
}

fn write_stat(info: &Info, style: Style, text: &mut String, lines: &mut Vec<StatLine>) {
    if let Data::Matrix(columns, rows) = &info.data {
        for (x, values) in rows.iter().enumerate() {
            let row = Info { name: format!("{}_{x}", info.name), ..info.clone() };
            let elements: Vec<(String, f64)> = columns.iter().cloned().zip(values.iter().copied()).collect();
            Writer::new(&row, style, text, lines).vector(&elements, true);
        }
        if info.total && rows.len() > 1 {
            let total = Info { total: false, oneline: false, ..info.clone() };
            let sum = rows.iter().flatten().sum();
            Writer::new(&total, style, text, lines).vector(&[("total".to_owned(), sum)], true);
        }
        return;
    }
    let mut writer = Writer::new(info, style, text, lines);
    match &info.data {
        Data::Scalar(value) => writer.value(None, *value, f64::NAN, f64::NAN, false),
        Data::Vector(elements) => writer.vector(elements, false),
        Data::Distribution(is_histogram, min, size, counts) => {
            writer.distribution(*is_histogram, *min, *size, counts);
        }
        Data::Sparse(buckets) => {
            writer.figure("samples", buckets.iter().map(|(_, count)| f64::from(*count)).sum());
            for (value, count) in buckets {
                writer.figure(&value.to_string(), f64::from(*count));
            }
        }
        Data::Matrix(..) => {}
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0_u32..5000).prop_map(f64::from),
        3 => -1.0e9..1.0e15,
        1 => Just(0.0),
        1 => Just(9_007_199_254_740_993.0),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

/// Free text, as the names of elements are. A bar at the end is left out: then nothing tells the name's end.
fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_.:<>%é-]{1,12}",
        "[a-zA-Z(|#][a-zA-Z0-9_.:|#()% -]{0,30}[a-zA-Z)%]"
            .prop_filter("no comment in a name", |name| !name.contains(" # ")),
    ]
}

fn data() -> impl Strategy<Value = Data> {
    let counts = || prop::collection::vec((0_u32..100).prop_map(f64::from), 1..6);
    let buckets = prop::collection::btree_map(-50_i32..5000, 1_u32..100, 0..5);
    let matrix = (prop::collection::vec(label(), 1..4), 1_usize..4).prop_flat_map(|(columns, rows)| {
        let row = prop::collection::vec((0_u32..100).prop_map(f64::from), columns.len());
        (Just(columns), prop::collection::vec(row, rows))
    });
    prop_oneof![
        value().prop_map(Data::Scalar),
        prop::collection::vec((label(), value()), 1..6).prop_map(Data::Vector),
        matrix.prop_map(|(columns, rows)| Data::Matrix(columns, rows)),
        (any::<bool>(), -10_i32..50, 1_u32..20, counts()).prop_map(|(is_histogram, min, size, counts)| {
            Data::Distribution(is_histogram, min.into(), size.into(), counts)
        }),
        buckets.prop_map(|buckets| Data::Sparse(buckets.into_iter().collect())),
    ]
}

fn info() -> impl Strategy<Value = Info> {
    let name = "[a-zA-Z_][a-zA-Z0-9_]{0,12}(\\.[a-zA-Z_][a-zA-Z0-9_]{0,14}){0,5}";
    let unit = prop::sample::select(vec![None, Some("Count"), Some("(Count/Second)"), Some("((Count/Tick)/Second)")]);
    let precision = prop_oneof![3 => Just(None), 1 => (0_usize..9).prop_map(Some)];
    // Without a unit, a description that ends in parentheses cannot be told from one.
    let description = prop_oneof!["", "[a-zA-Z(][a-zA-Z0-9 #|().:;%]{0,60}[a-zA-Z.]"];
    (name, description, unit, precision, any::<[bool; 5]>(), data()).prop_map(
        |(name, description, unit, precision, [nozero, nonan, total, pdf, oneline], data)| Info {
            // A row whose cells are all left out is a bare name, which is not worth a rule.
            nonan: nonan && !oneline,
            name,
            description,
            unit,
            precision,
            nozero,
            total,
            pdf,
            oneline,
            data,
        },
    )
}

/// Not a number equals itself in text.
fn told<T: std::fmt::Debug>(values: &[T]) -> String {
    format!("{values:#?}")
}

proptest! {
    #[test]
    fn what_gem5_writes_is_what_is_read(
        infos in prop::collection::vec(info(), 0..8), spaces in any::<bool>(), descriptions in any::<bool>()
    ) {
        let (text, lines) = write(&infos, Style { spaces, descriptions });
        let block = Block::parse(&text);
        prop_assert_eq!(&block.unread, &[], "{}", text);
        prop_assert_eq!(told(&block.stats), told(&lines), "{}", text);

        let mut dumps = Dumps::new(Arc::new(Watch::new(&["*"]).unwrap()));
        TextParser::new().feed(text.as_bytes(), &mut dumps);
        let dump = dumps.latest().unwrap();
        // The last of two stats that have one name is the one that counts.
        let mut seen = std::collections::HashMap::new();
        seen.extend(lines.iter().map(|line| (line.name.as_str(), line.value)));
        prop_assert_eq!(dumps.names().len(), seen.len());
        for (index, name) in dumps.names().iter().enumerate() {
            prop_assert_eq!(format!("{:?}", dump.value(index)), format!("{:?}", seen.get(name.as_str())));
        }
    }

    #[test]
    fn each_kind_is_told_from_its_lines(info in info(), spaces in any::<bool>()) {
        let (text, lines) = write(std::slice::from_ref(&info), Style { spaces, descriptions: true });
        let read = stats(&Block::parse(&text).stats);
        let elements: Vec<&str> =
            read.iter().flat_map(|stat| &stat.elements).map(|element| element.name.as_str()).collect();
        let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
        prop_assert_eq!(elements, names);
        let kinds: Vec<Kind> = read.iter().map(|stat| stat.kind).collect();
        let samples = |counts: &[f64]| counts.iter().sum::<f64>() != 0.0;
        match &info.data {
            Data::Scalar(_) if kinds.is_empty() => prop_assert!(info.nozero || info.nonan),
            Data::Scalar(_) => prop_assert_eq!(kinds, [Kind::Scalar]),
            Data::Distribution(_, _, _, counts) if samples(counts) => prop_assert_eq!(kinds, [Kind::Distribution]),
            Data::Sparse(buckets) if !buckets.is_empty() => prop_assert_eq!(kinds, [Kind::SparseHistogram]),
            Data::Matrix(columns, rows)
                if columns.len() > 1 && rows.len() > 1 && info.total && !info.nozero && !columns.contains(&"samples".to_owned()) =>
            {
                prop_assert_eq!(kinds, [Kind::Matrix]);
            }
            _ => {}
        }
    }
}
