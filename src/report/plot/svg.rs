//! A drawing as SVG.

use super::Figure;
use super::canvas::{Anchor, Colour, Fill, Hatch, Outline, Pair, Shape, Stroke, Text, WIDTH};
use crate::report::write::Document;
use crate::report::write::html::escaped;

/// The figure, with what is to be known of it as its description.
pub(super) fn write(figure: &Figure) -> Document {
    let drawing = &figure.drawing;
    let mut hatched: Vec<Fill> = Vec::new();
    let mut body = String::new();
    for shape in &drawing.shapes {
        match shape {
            Shape::Drawn { outline, fill, stroke } => {
                let fill = fill.map_or_else(|| "none".to_owned(), |fill| filled(fill, &mut hatched));
                let stroke = stroke.map(stroked).unwrap_or_default();
                push!(body, "{} fill=\"{fill}\"{stroke}/>\n", outlined(outline));
            }
            Shape::Written(text) => written(&mut body, text),
        }
    }
    let definitions: String = hatched.iter().enumerate().map(|(at, fill)| pattern(at, *fill)).collect();
    let told: Vec<String> = figure.told.iter().map(|line| escaped(line)).collect();
    Document::new(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}in\" height=\"{}in\" viewBox=\"0 0 {} {}\" role=\"img\" \
         font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n<title>{}</title>\n<desc>\n{}\n</desc>\n<defs>\n{}</defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        n(WIDTH / 72.0),
        n(drawing.height / 72.0),
        n(WIDTH),
        n(drawing.height),
        escaped(&figure.title),
        told.join("\n"),
        definitions,
        body
    ))
}

fn outlined(outline: &Outline) -> String {
    match outline {
        Outline::Rectangle((x, y), (wide, tall)) => {
            format!("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", n(*x), n(*y), n(*wide), n(*tall))
        }
        Outline::Line(points) => match points.as_slice() {
            [from, to] => {
                format!("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"", n(from.0), n(from.1), n(to.0), n(to.1))
            }
            points => format!("<polyline points=\"{}\"", listed(points)),
        },
        Outline::Polygon(points) => format!("<polygon points=\"{}\"", listed(points)),
        Outline::Circle((x, y), radius) => format!("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"", n(*x), n(*y), n(*radius)),
    }
}

fn listed(points: &[Pair]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", n(*x), n(*y))).collect::<Vec<_>>().join(" ")
}

/// The colour of a fill, or the name of its pattern, which is defined once.
fn filled(fill: Fill, hatched: &mut Vec<Fill>) -> String {
    if fill.lines.is_none() {
        return colour(fill.colour);
    }
    let at = hatched.iter().position(|known| *known == fill).unwrap_or_else(|| {
        hatched.push(fill);
        hatched.len() - 1
    });
    format!("url(#h{at})")
}

fn stroked(stroke: Stroke) -> String {
    let dash: Vec<String> = stroke.dash.iter().map(|length| n(*length)).collect();
    let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", dash.join(" ")) };
    format!(" stroke=\"{}\" stroke-width=\"{}\"{dash}", colour(stroke.colour), n(stroke.wide))
}

/// Lines of a tile of four points, which go on in the next one.
fn pattern(at: usize, fill: Fill) -> String {
    let Some((hatch, ink, wide)) = fill.lines else { return String::new() };
    let lines = match hatch {
        Hatch::Rising => "M-1 1L1 -1M0 4L4 0M3 5L5 3",
        Hatch::Falling => "M-1 3L1 5M0 0L4 4M3 -1L5 1",
        Hatch::Level => "M0 2H4",
        Hatch::Crossed => "M0 0L4 4M0 4L4 0",
        Hatch::Upright => "M2 0V4",
    };
    format!(
        "<pattern id=\"h{at}\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect width=\"4\" height=\"4\" \
         fill=\"{}\"/><path d=\"{lines}\" stroke=\"{}\" stroke-width=\"{}\" fill=\"none\"/></pattern>\n",
        colour(fill.colour),
        colour(ink),
        n(wide)
    )
}

fn written(body: &mut String, text: &Text) {
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let (x, y) = (n(text.at.0), n(text.at.1));
    let turned =
        if text.turned == 0.0 { String::new() } else { format!(" transform=\"rotate({} {x} {y})\"", n(-text.turned)) };
    push!(
        body,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{}\" fill=\"{}\"{turned}>{}</text>\n",
        n(text.size),
        colour(text.colour),
        escaped(&text.words)
    );
}

fn colour(colour: Colour) -> String {
    format!("#{:06x}", colour.0)
}

/// A coordinate: two decimals are finer than any printer.
fn n(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
