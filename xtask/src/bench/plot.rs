//! A picture of a run, as SVG: for each case how many times as fast as its peer the library is, and how many times the
//! floor's time it takes, from the least to the greatest of the rounds, and what is to be reached.

use std::fmt::Write;
use std::ops::RangeInclusive;

use super::cases::{Bound, Case};
use super::judge::{Line, Ratio};

/// What is drawn of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    name: &'static str,
    /// Whether all is reached that is to be; nothing if nothing is.
    met: Option<bool>,
    vs_peer: Option<Drawn>,
    vs_floor: Option<Drawn>,
}

/// A ratio, and what it is to be at the least or at the most.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Drawn {
    ratio: Ratio,
    target: Option<f64>,
}

/// An axis with powers of ten.
struct Axis {
    title: &'static str,
    left: f64,
    decades: RangeInclusive<i32>,
}

const PEER: Axis = Axis { title: "times as fast as the peer", left: 190.0, decades: -2..=4 };
const FLOOR: Axis = Axis { title: "times the floor's time", left: 690.0, decades: -1..=2 };
/// How long a power of ten is, and how high a row; in the picture's units.
const DECADE: f64 = 75.0;
const ROW: f64 = 18.0;
const TOP: f64 = 66.0;

/// What a case's colour says, and the colour.
const MET: (&str, &str) = ("all that is to be reached is", "#1a7f37");
const MISSED: (&str, &str) = ("something is missed", "#c2410c");
const NO_TARGET: (&str, &str) = ("nothing is to be reached", "#777777");

impl Row {
    /// What is to be drawn of a line, if it has a peer or a floor.
    pub(super) fn of(case: &Case, line: &Line) -> Option<Self> {
        let target = |of: fn(Bound) -> Option<f64>| case.bounds.iter().copied().find_map(of);
        let to_peer = target(|bound| match bound {
            Bound::AsFast(times) => Some(times),
            Bound::PeerTime(times) => Some(1.0 / times),
            Bound::Fewer | Bound::Within => Some(1.0),
            Bound::FloorTime(_) | Bound::Seconds(_) | Bound::More(_) | Bound::LessThan(_) => None,
        });
        let to_floor = target(|bound| match bound {
            Bound::FloorTime(times) => Some(times),
            _ => None,
        });
        let vs_peer = line.vs_peer.map(|ratio| Drawn { ratio, target: to_peer });
        let vs_floor = line.vs_floor.map(|ratio| Drawn { ratio, target: to_floor });
        vs_peer.or(vs_floor)?;
        Some(Self { name: case.name, met: line.met, vs_peer, vs_floor })
    }

    const fn color(&self) -> &'static str {
        match self.met {
            Some(true) => MET.1,
            Some(false) => MISSED.1,
            None => NO_TARGET.1,
        }
    }
}

impl Axis {
    /// Where a ratio stands on it; what lies beyond its ends at them.
    fn across(&self, ratio: f64) -> f64 {
        let (first, last) = (f64::from(*self.decades.start()), f64::from(*self.decades.end()));
        self.left + (ratio.log10().clamp(first, last) - first) * DECADE
    }

    fn draw(&self, svg: &mut String, height: f64) {
        for decade in self.decades.clone() {
            let factor = 10_f64.powi(decade);
            let (x, color) = (self.across(factor), if decade == 0 { "#888" } else { "#ddd" });
            add(
                svg,
                format_args!("<line x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{height}\" stroke=\"{color}\"/>"),
            );
            let y = TOP - 6.0;
            add(svg, format_args!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{factor} ×</text>"));
        }
        let (x, y) = (self.left, TOP - 22.0);
        add(svg, format_args!("<text x=\"{x}\" y=\"{y}\" font-weight=\"bold\">{}</text>", self.title));
    }

    /// The median, with a line from the least to the greatest, and the mark of what is to be reached.
    fn mark(&self, svg: &mut String, y: f64, drawn: Drawn, color: &str) {
        let Ratio { median, least, greatest } = drawn.ratio;
        let [least, median, greatest] = [least, median, greatest].map(|ratio| self.across(ratio).round());
        add(
            svg,
            format_args!("<line x1=\"{least}\" y1=\"{y}\" x2=\"{greatest}\" y2=\"{y}\" stroke=\"{color}\"/>"),
        );
        add(svg, format_args!("<circle cx=\"{median}\" cy=\"{y}\" r=\"4\" fill=\"{color}\"/>"));
        if let Some(target) = drawn.target {
            let (x, from, to) = (self.across(target).round(), y - 7.0, y + 7.0);
            add(
                svg,
                format_args!(
                    "<line x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\" stroke=\"black\" stroke-width=\"2\"/>"
                ),
            );
        }
    }
}

fn add(svg: &mut String, shape: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = writeln!(svg, "{shape}");
}

/// The whole picture.
pub(super) fn svg(rows: &[Row], title: &str) -> String {
    let (width, height) = (FLOOR.across(f64::INFINITY) + 40.0, TOP + ROW * (rows.len() as f64 + 1.0));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"8\" y=\"14\">{title}</text>\n"
    );
    for (number, (meaning, color)) in [MET, MISSED, NO_TARGET].into_iter().enumerate() {
        let x = PEER.left + 200.0 * number as f64;
        add(&mut svg, format_args!("<circle cx=\"{x}\" cy=\"26\" r=\"4\" fill=\"{color}\"/>"));
        add(&mut svg, format_args!("<text x=\"{}\" y=\"30\">{meaning}</text>", x + 8.0));
    }
    [PEER, FLOOR].iter().for_each(|axis| axis.draw(&mut svg, height));
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (number as f64 + 0.75);
        let (x, below) = (PEER.left - 12.0, y + 4.0);
        add(&mut svg, format_args!("<text x=\"{x}\" y=\"{below}\" text-anchor=\"end\">{}</text>", row.name));
        for (axis, drawn) in [(PEER, row.vs_peer), (FLOOR, row.vs_floor)] {
            if let Some(drawn) = drawn {
                axis.mark(&mut svg, y, drawn, row.color());
            }
        }
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::super::cases::Unit;
    use super::*;

    fn ratio(median: f64) -> Ratio {
        Ratio { median, least: median / 2.0, greatest: median * 2.0 }
    }

    fn drawn(bounds: &'static [Bound], met: Option<bool>, vs_floor: Option<f64>) -> String {
        let case = Case {
            name: "page",
            group: "page",
            ours: "tenantry",
            peer: Some("rusqlite"),
            floor: Some("floor"),
            bounds,
            unit: Unit::Seconds,
        };
        let line = Line {
            case: "page",
            ours: ("tenantry", 1.0),
            peer: Some(("rusqlite", 30.0)),
            floor: None,
            unit: Unit::Seconds,
            vs_peer: Some(ratio(30.0)),
            vs_floor: vs_floor.map(ratio),
            target: String::new(),
            met,
        };
        svg(Row::of(&case, &line).as_slice(), "a run")
    }

    #[test]
    fn each_power_of_ten_is_as_long_and_an_axis_has_ends() {
        assert_eq!(PEER.across(10.0) - PEER.across(1.0), PEER.across(100.0) - PEER.across(10.0));
        assert_eq!(PEER.across(1e-9), PEER.across(0.01));
        assert_eq!(PEER.across(1e9), PEER.across(10_000.0));
        assert!(PEER.across(1e9) < FLOOR.across(0.0));
    }

    #[test]
    fn a_case_has_the_color_of_all_that_it_is_to_reach() {
        // The legend has each color once.
        let count = |svg: &str| [MET, MISSED, NO_TARGET].map(|(_, color)| svg.matches(color).count() - 1);
        let bounds = &[Bound::AsFast(25.0), Bound::FloorTime(4.0)];
        assert_eq!(count(&drawn(bounds, Some(true), Some(3.0))), [4, 0, 0]);
        assert_eq!(count(&drawn(bounds, Some(false), Some(7.0))), [0, 4, 0]);
        assert_eq!(count(&drawn(&[], None, None)), [0, 0, 2]);
    }

    #[test]
    fn what_is_to_be_reached_is_marked_on_the_axis_that_it_is_about() {
        let at = |svg: &str, x: f64| svg.matches(&format!("x1=\"{}\"", x.round())).count();
        let marks = |svg: &str| svg.matches("stroke-width").count();
        let both = drawn(&[Bound::AsFast(25.0), Bound::FloorTime(4.0)], Some(true), Some(3.0));
        assert_eq!((marks(&both), at(&both, PEER.across(25.0)), at(&both, FLOOR.across(4.0))), (2, 1, 1));
        assert_eq!(marks(&drawn(&[], None, Some(3.0))), 0);
    }
}
