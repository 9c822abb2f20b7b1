//! The arithmetic: ratios of sides that took turns, and whether what was to be reached is.

use super::cases::{Bound, Case, Unit};
use super::measured::Measured;
use super::show::time;
use crate::report::Failure;

/// The ratio of two sides: of the rounds' ratios the median, the least and the greatest. What disturbs a round meets
/// both sides of it, so these tell more than a ratio of two medians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ratio {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) greatest: f64,
}

/// What one case came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) case: &'static str,
    /// The side that stands for ours, and the median of its rounds: seconds an operation.
    pub(super) ours: (&'static str, f64),
    pub(super) peer: Option<(&'static str, f64)>,
    pub(super) floor: Option<(&'static str, f64)>,
    pub(super) unit: Unit,
    /// How many times as fast as the peer: its time through ours.
    pub(super) vs_peer: Option<Ratio>,
    /// How many times the floor's time: ours through its.
    pub(super) vs_floor: Option<Ratio>,
    /// What is to be reached, in words.
    pub(super) target: String,
    /// Whether the medians reach it; nothing if there is nothing to reach.
    pub(super) met: Option<bool>,
}

/// The middle one, or the mean of the two in the middle.
pub(super) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

impl Ratio {
    /// The ratios of one side's rounds through the other's.
    fn of(upper: &[f64], lower: &[f64]) -> Self {
        let ratios: Vec<f64> = upper.iter().zip(lower).map(|(upper, lower)| upper / lower).collect();
        let fold = |choose: fn(f64, f64) -> f64| ratios.iter().copied().reduce(choose).unwrap_or(f64::NAN);
        Self { median: median(&ratios), least: fold(f64::min), greatest: fold(f64::max) }
    }
}

/// What a case came to.
pub(super) fn line(case: &Case, measured: &Measured) -> Result<Line, Failure> {
    let numbers = |name: Option<&str>| name.map(|name| measured.side(name)).transpose();
    let (ours, peer, floor) = (measured.side(case.ours)?, numbers(case.peer)?, numbers(case.floor)?);
    let vs_peer = peer.map(|peer| Ratio::of(peer, ours));
    let vs_floor = floor.map(|floor| Ratio::of(ours, floor));
    let medians = Medians {
        ours: median(ours),
        peer: peer.map_or(f64::NAN, median),
        vs_peer: vs_peer.map_or(f64::NAN, |ratio| ratio.median),
        vs_floor: vs_floor.map_or(f64::NAN, |ratio| ratio.median),
    };
    let all_met = || case.bounds.iter().all(|bound| medians.meet(*bound));
    Ok(Line {
        case: case.name,
        ours: (case.ours, median(ours)),
        peer: case.peer.zip(peer.map(median)),
        floor: case.floor.zip(floor.map(median)),
        unit: case.unit,
        vs_peer,
        vs_floor,
        target: case.bounds.iter().map(|bound| words(*bound, case)).collect::<Vec<_>>().join(", "),
        met: (!case.bounds.is_empty()).then(all_met),
    })
}

/// What bounds are set against.
struct Medians {
    ours: f64,
    peer: f64,
    vs_peer: f64,
    vs_floor: f64,
}

impl Medians {
    /// What could not be measured meets nothing.
    fn meet(&self, bound: Bound) -> bool {
        match bound {
            Bound::AsFast(times) => self.vs_peer >= times,
            Bound::PeerTime(times) => 1.0 / self.vs_peer <= times,
            Bound::FloorTime(times) => self.vs_floor <= times,
            Bound::Seconds(seconds) => self.ours <= seconds,
            Bound::Fewer => self.ours < self.peer,
            Bound::More(count) => self.ours - self.peer <= count,
            Bound::Within => self.ours <= self.peer,
            Bound::LessThan(count) => self.ours < count,
        }
    }
}

/// A bound's factor with two places at the most.
fn rounded(times: f64) -> f64 {
    (times * 100.0).round() / 100.0
}

fn words(bound: Bound, case: &Case) -> String {
    let peer = case.peer.unwrap_or("its peer");
    match bound {
        Bound::AsFast(times) => format!("≥ {} × as fast as {peer}", rounded(times)),
        Bound::PeerTime(times) => format!("≤ {} × the time of {peer}", rounded(times)),
        Bound::FloorTime(times) => format!("≤ {} × the floor's time", rounded(times)),
        Bound::Seconds(seconds) => format!("≤ {}", time(seconds)),
        Bound::Fewer => format!("fewer than {peer}"),
        Bound::More(count) => format!("at most {count} more than {peer}"),
        Bound::Within => format!("no more than {peer}"),
        Bound::LessThan(count) => format!("less than {count}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: Case = Case {
        name: "case",
        group: "group",
        ours: "ours",
        peer: Some("peer"),
        floor: Some("floor"),
        bounds: &[Bound::AsFast(2.0), Bound::FloorTime(1.5)],
        unit: Unit::Seconds,
    };

    /// The line of a case for what each side took.
    fn judged(case: &Case, ours: &[f64], peer: &[f64], floor: &[f64]) -> Line {
        let side = |name: &str, seconds: &[f64]| serde_json::json!({ "side": name, "rounds": seconds });
        let sides = [side("ours", ours), side("peer", peer), side("floor", floor)];
        let measured = Measured::read(&serde_json::json!({ "sides": sides }).to_string());
        measured
            .and_then(|measured| line(case, &measured))
            .unwrap_or_else(|_| unreachable!("all sides are there"))
    }

    #[test]
    fn a_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), 3.0);
    }

    #[test]
    fn ratios_are_those_of_rounds_and_not_of_medians() {
        // The second round was disturbed for both.
        let line = judged(&CASE, &[1.0, 10.0, 2.0], &[3.0, 20.0, 2.0], &[1.0, 8.0, 1.0]);
        assert_eq!(line.vs_peer, Some(Ratio { median: 2.0, least: 1.0, greatest: 3.0 }));
        assert_eq!(line.vs_floor, Some(Ratio { median: 1.25, least: 1.0, greatest: 2.0 }));
        assert_eq!((line.ours.1, line.peer.map(|peer| peer.1)), (2.0, Some(3.0)));
    }

    #[test]
    fn a_target_is_met_if_all_of_it_is() {
        assert_eq!(judged(&CASE, &[1.0], &[2.0], &[1.0]).met, Some(true));
        assert_eq!(judged(&CASE, &[1.0], &[1.9], &[1.0]).met, Some(false));
        assert_eq!(judged(&CASE, &[1.0], &[2.0], &[0.6]).met, Some(false));
    }

    #[test]
    fn the_peers_time_is_a_bound_the_other_way_round() {
        let case = Case { bounds: &[Bound::PeerTime(1.25)], ..CASE };
        assert_eq!(judged(&case, &[1.25], &[1.0], &[1.0]).met, Some(true));
        assert_eq!(judged(&case, &[1.3], &[1.0], &[1.0]).met, Some(false));
    }

    #[test]
    fn a_bound_in_seconds_is_ours_alone() {
        let case = Case { bounds: &[Bound::Seconds(2.5e-8)], ..CASE };
        let line = judged(&case, &[2.5e-8], &[1.0], &[1.0]);
        assert_eq!((line.met, line.target.as_str()), (Some(true), "≤ 25.0 ns"));
        assert_eq!(judged(&case, &[2.6e-8], &[1.0], &[1.0]).met, Some(false));
    }

    #[test]
    fn counts_are_fewer_or_at_most_so_many_more() {
        let fewer = Case { bounds: &[Bound::Fewer], unit: Unit::Crates, ..CASE };
        assert_eq!(judged(&fewer, &[9.0], &[10.0], &[1.0]).met, Some(true));
        assert_eq!(judged(&fewer, &[10.0], &[10.0], &[1.0]).met, Some(false));
        let more = Case { bounds: &[Bound::More(30.0)], unit: Unit::Crates, ..CASE };
        assert_eq!(judged(&more, &[40.0], &[10.0], &[1.0]).met, Some(true));
        assert_eq!(judged(&more, &[41.0], &[10.0], &[1.0]).met, Some(false));
    }

    #[test]
    fn what_is_within_is_no_more_and_what_is_less_than_a_number_is_less() {
        let within = Case { bounds: &[Bound::Within], unit: Unit::Bytes, ..CASE };
        assert_eq!(judged(&within, &[10.0], &[10.0], &[1.0]).met, Some(true));
        assert_eq!(judged(&within, &[10.1], &[10.0], &[1.0]).met, Some(false));
        let less = Case { bounds: &[Bound::LessThan(0.1)], unit: Unit::Allocations, ..CASE };
        assert_eq!(judged(&less, &[0.02], &[1.0], &[1.0]).met, Some(true));
        assert_eq!(judged(&less, &[0.1], &[1.0], &[1.0]).met, Some(false));
    }

    #[test]
    fn where_nothing_is_to_be_reached_nothing_is_met_or_missed() {
        let case = Case { bounds: &[], ..CASE };
        let line = judged(&case, &[1.0], &[1.0], &[1.0]);
        assert_eq!((line.met, line.target.as_str()), (None, ""));
    }

    #[test]
    fn a_target_says_what_it_is_set_against() {
        let target = judged(&CASE, &[1.0], &[1.0], &[1.0]).target;
        assert_eq!(target, "≥ 2 × as fast as peer, ≤ 1.5 × the floor's time");
    }
}
