//! A picture of a run, as SVG: for each case how many times as fast as its peer the library is, from the least to the
//! greatest of the rounds, and what is to be reached.

use std::fmt::Write;

use super::cases::{Bound, Case};
use super::judge::{Line, Ratio};

/// What is drawn of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    name: &'static str,
    ratio: Ratio,
    target: Option<f64>,
}

/// The axis: powers of ten.
const DECADES: std::ops::RangeInclusive<i32> = -2..=4;
/// Where it begins, how long a power of ten is, and how high a row; in the picture's units.
const LEFT: f64 = 230.0;
const DECADE: f64 = 100.0;
const ROW: f64 = 18.0;
const TOP: f64 = 40.0;

impl Row {
    /// What is to be drawn of a line, if it has a peer.
    pub(super) fn of(case: &Case, line: &Line) -> Option<Self> {
        let target = case.bounds.iter().find_map(|bound| match bound {
            Bound::AsFast(times) => Some(*times),
            Bound::PeerTime(times) => Some(1.0 / times),
            Bound::Fewer | Bound::Within => Some(1.0),
            Bound::FloorTime(_) | Bound::Seconds(_) | Bound::More(_) | Bound::LessThan(_) => None,
        });
        line.vs_peer.map(|ratio| Self { name: case.name, ratio, target })
    }
}

/// Where a ratio stands on the axis; what lies beyond its ends at them.
fn across(ratio: f64) -> f64 {
    let (first, last) = (f64::from(*DECADES.start()), f64::from(*DECADES.end()));
    LEFT + (ratio.log10().clamp(first, last) - first) * DECADE
}

/// The whole picture.
pub(super) fn svg(rows: &[Row], title: &str) -> String {
    let (width, height) = (across(f64::INFINITY) + 40.0, TOP + ROW * (rows.len() as f64 + 1.0));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"8\" y=\"14\">{title}</text>\n"
    );
    let mut draw = |shape: String| {
        // Writing to a text does not fail.
        let _ = writeln!(svg, "{shape}");
    };
    for decade in DECADES {
        let (x, factor) = (across(10_f64.powi(decade)), 10_f64.powi(decade));
        let color = if decade == 0 { "#888" } else { "#ddd" };
        draw(format!("<line x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{height}\" stroke=\"{color}\"/>"));
        draw(format!("<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{factor} ×</text>", TOP - 6.0));
    }
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (number as f64 + 0.75);
        let [least, median, greatest] =
            [row.ratio.least, row.ratio.median, row.ratio.greatest].map(|ratio| across(ratio).round());
        let is_met = row.target.is_none_or(|target| row.ratio.median >= target);
        let color = if is_met { "#1a7f37" } else { "#c2410c" };
        draw(format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 12.0,
            y + 4.0,
            row.name
        ));
        draw(format!("<line x1=\"{least}\" y1=\"{y}\" x2=\"{greatest}\" y2=\"{y}\" stroke=\"{color}\"/>"));
        draw(format!("<circle cx=\"{median}\" cy=\"{y}\" r=\"4\" fill=\"{color}\"/>"));
        if let Some(target) = row.target {
            let (x, from, to) = (across(target).round(), y - 7.0, y + 7.0);
            draw(format!(
                "<line x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\" stroke=\"black\" stroke-width=\"2\"/>"
            ));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(median: f64, target: Option<f64>) -> Row {
        Row { name: "page", ratio: Ratio { median, least: median / 2.0, greatest: median * 2.0 }, target }
    }

    #[test]
    fn each_power_of_ten_is_as_long_and_the_axis_has_ends() {
        assert_eq!(across(10.0) - across(1.0), across(100.0) - across(10.0));
        assert_eq!(across(1e-9), across(0.01));
        assert_eq!(across(1e9), across(10_000.0));
    }

    #[test]
    fn a_missed_target_has_another_color_than_a_met_one() {
        let svg_of = |median| svg(&[row(median, Some(2.0))], "a run");
        let colors = |svg: String| ["#1a7f37", "#c2410c"].map(|color| svg.contains(color));
        assert_eq!(colors(svg_of(2.0)), [true, false]);
        assert_eq!(colors(svg_of(1.9)), [false, true]);
    }

    #[test]
    fn without_a_target_none_is_drawn() {
        let marks = |target| svg(&[row(1.0, target)], "a run").matches("stroke-width").count();
        assert_eq!((marks(None), marks(Some(3.0))), (0, 1));
    }
}
