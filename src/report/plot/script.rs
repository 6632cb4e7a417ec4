//! A script that draws the numbers of a figure again with matplotlib, for those who want it otherwise.

use super::lines::Lines;
use super::scatter::Work;
use super::{Plot, PlotError, measure};
use crate::experiment::results::Better;
use crate::report::write::Document;
use crate::text::json::ascii;

const BEGIN: &str = include_str!("scripts/begin.py");
const END: &str = include_str!("scripts/end.py");

/// The script. It reads the CSV that lies beside it under the same name.
pub(super) fn write(plot: &Plot) -> Result<Document, PlotError> {
    let (height, body, named): (f64, &str, Vec<(&str, String)>) = match plot {
        Plot::Bars(table) => (1.8, include_str!("scripts/bars.py"), vec![("MEASURE", text(&measure(table)))]),
        Plot::Heat(table) => {
            let height = 1.0 + 0.2 * table.rows.len() as f64;
            (height, include_str!("scripts/heat.py"), vec![("MEASURE", text(&measure(table)))])
        }
        Plot::Lines(table) => {
            let lines = Lines::of(table)?;
            let named = vec![
                ("MEASURE", text(&measure(table))),
                ("AXIS", text(&lines.axis)),
                ("IS_LOG2", truth(lines.is_log2)),
            ];
            (2.0, include_str!("scripts/lines.py"), named)
        }
        Plot::Stacked(stacked) => {
            let stacks = stacked.stacks()?;
            let named = vec![("MEASURE", text(&stacks.measure)), ("HAS_REST", truth(stacks.has_rest))];
            (2.2, include_str!("scripts/stacked.py"), named)
        }
        Plot::Scatter(scatter) => {
            let named = vec![
                ("MEASURE", text(&measure(&scatter.y))),
                ("AXIS", text(&measure(&scatter.x))),
                ("BY_SERIES", truth(scatter.work == Work::Column)),
                ("X_IS_BETTER_LOWER", truth(scatter.better.0 == Some(Better::Lower))),
            ];
            (2.6, include_str!("scripts/scatter.py"), named)
        }
    };
    let mut script = "# Draws the CSV of the same name with matplotlib: python3 NAME.py [OUT.pdf]\n".to_owned();
    push!(script, "HEIGHT = {height:.1}\n");
    for (name, value) in named {
        push!(script, "{name} = {value}\n");
    }
    push!(script, "\n{BEGIN}\n{body}\n{END}");
    Ok(Document::new(script))
}

/// A text as Python reads it: JSON in ASCII, whose escapes Python has, too. Letters beyond the first 65,536 are two halves there, which
/// it does not put together, and stand as they are.
fn text(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    if text.chars().all(|letter| u32::from(letter) < 0x1_0000) { ascii(&quoted).into_owned() } else { quoted }
}

fn truth(is_so: bool) -> String {
    if is_so { "True" } else { "False" }.to_owned()
}
