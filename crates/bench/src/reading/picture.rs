//! One picture of accuracy by field and condition, and of confidence beside truth.

use super::documents::Condition;
use super::report::bin_name;
use super::score::{BINS, Tally, What};
use svg::Document;
use svg::node::element::{Line, Rectangle, Text};

const INKS: [&str; 4] = ["#1b4965", "#3f88a5", "#7fb3c8", "#d98324"];
const LEFT: f64 = 90.0;
const HIGH: f64 = 200.0;

/// Two charts, one under the other.
pub(crate) fn svg(tally: &Tally) -> String {
    let mut drawing = Document::new()
        .set("viewBox", (0, 0, 820, 640))
        .set("font-family", "sans-serif")
        .set("font-size", 12)
        .add(Rectangle::new().set("width", 820).set("height", 640).set("fill", "white"));
    let top = 46.0;
    drawing = drawing
        .add(Text::new("Fields read exactly right, in percent").set("x", LEFT).set("y", 20).set("font-size", 15));
    for (i, condition) in Condition::ALL.iter().enumerate() {
        let x = LEFT + i as f64 * 150.0;
        drawing = drawing
            .add(Rectangle::new().set("x", x).set("y", 28).set("width", 10).set("height", 10).set("fill", INKS[i]))
            .add(Text::new(condition.name()).set("x", x + 15.0).set("y", 37));
    }
    drawing = axis(drawing, top, &[0, 25, 50, 75, 90, 100]);
    for (column, what) in What::ALL.iter().enumerate() {
        let x = LEFT + 8.0 + column as f64 * 100.0;
        for (i, condition) in Condition::ALL.iter().enumerate() {
            let share = tally.by_condition.get(&(*what, *condition)).copied().unwrap_or_default().share();
            drawing = bar(drawing, x + i as f64 * 20.0, top, 18.0, share, INKS[i]);
        }
        drawing = drawing
            .add(Text::new(what.name()).set("x", x + 39.0).set("y", top + HIGH + 18.0).set("text-anchor", "middle"));
    }
    let top = 366.0;
    drawing = drawing.add(
        Text::new("Of the fields given with a confidence, how many are right, in percent")
            .set("x", LEFT)
            .set("y", 340)
            .set("font-size", 15),
    );
    drawing = axis(drawing, top, &[0, 25, 50, 75, 90, 100]);
    for (bin, least) in BINS.iter().enumerate() {
        let x = LEFT + 14.0 + bin as f64 * 87.0;
        let share = tally.bins.get(&(None, bin)).copied().unwrap_or_default();
        if share.of > 0 {
            drawing = bar(drawing, x, top, 54.0, share.share(), INKS[0]);
            // What the bin promises, from its lower end up.
            let promised = top + HIGH * (1.0 - f64::from(*least) / 1e3);
            drawing = drawing.add(
                Line::new()
                    .set("x1", x - 6.0)
                    .set("x2", x + 60.0)
                    .set("y1", promised)
                    .set("y2", promised)
                    .set("stroke", INKS[3])
                    .set("stroke-width", 2),
            );
        }
        let label = |text: String, y: f64| Text::new(text).set("x", x + 27.0).set("y", y).set("text-anchor", "middle");
        drawing = drawing
            .add(label(bin_name(bin, *least), top + HIGH + 18.0))
            .add(label(format!("{} fields", share.of), top + HIGH + 34.0).set("fill", "#666"));
    }
    drawing
        .add(
            Text::new("orange: the least that the confidence promises")
                .set("x", LEFT)
                .set("y", top + HIGH + 58.0)
                .set("fill", INKS[3]),
        )
        .to_string()
}

fn axis(mut drawing: Document, top: f64, marks: &[u32]) -> Document {
    for mark in marks {
        let y = top + HIGH * (1.0 - f64::from(*mark) / 100.0);
        drawing = drawing
            .add(Line::new().set("x1", LEFT).set("x2", 800).set("y1", y).set("y2", y).set("stroke", "#ddd"))
            .add(Text::new(mark.to_string()).set("x", LEFT - 8.0).set("y", y + 4.0).set("text-anchor", "end"));
    }
    drawing
}

fn bar(drawing: Document, x: f64, top: f64, width: f64, share: f64, ink: &str) -> Document {
    let high = HIGH * share;
    drawing
        .add(
            Rectangle::new()
                .set("x", x)
                .set("y", top + HIGH - high)
                .set("width", width)
                .set("height", high)
                .set("fill", ink),
        )
        .add(
            Text::new(format!("{:.0}", (share * 1000.0).floor() / 10.0))
                .set("x", x + width / 2.0)
                .set("y", top + HIGH - high + 11.0)
                .set("text-anchor", "middle")
                .set("font-size", 9)
                .set("fill", "white"),
        )
}
