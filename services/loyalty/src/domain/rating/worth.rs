use crate::domain::Points;
use crate::domain::program::{Award as Worth, Bracket, PointRounding, Ratio, RoundingScope};

use super::fraction::Fraction;
use super::{Basket, Subject};

/// What a rule comes to, and by what it is shared out to the lines.
pub(super) struct Exact {
    /// Before it is rounded.
    pub(super) fraction: Fraction,
    /// The weight of each line of the basket, by place; 0 for those that the rule does not look at.
    /// Empty for an act.
    pub(super) weights: Vec<i128>,
}

/// The award of a rule over these lines. `base` is what other rules have awarded, by line (for an
/// act: in one sum). `None`: it does not fit.
pub(super) fn exact(
    award: &Worth,
    subject: &Subject<'_>,
    lines: &[usize],
    base: &[Points],
) -> Option<Exact> {
    let (basket, weights) = match subject {
        Subject::Basket(basket) => (Some(*basket), money(basket, lines)),
        Subject::Act { .. } => (None, Vec::new()),
    };
    let value: i128 = weights.iter().sum();
    let weights = by_line(weights, lines);
    let units = basket.map_or(1, |basket| 10_i128.pow(basket.currency.exponent()));
    let by_money = |fraction| Exact { fraction, weights };
    match award {
        Worth::Fixed(points) => Some(by_money(Fraction::whole(points.get()))),
        Worth::PerCurrencyUnit(ratio) => Fraction::of(value, units, *ratio).map(by_money),
        Worth::Brackets(brackets) => bracketed(brackets, value, units).map(by_money),
        Worth::BonusMultiple(ratio) => multiplied(*ratio, subject, lines, base),
    }
}

/// By what a rule that looks at these lines is shared out: what was paid for each; where nothing was
/// paid, all alike.
fn by_line(money: Vec<i128>, lines: &[usize]) -> Vec<i128> {
    if money.iter().any(|paid| *paid > 0) {
        return money;
    }
    let counts = |place| i128::from(lines.binary_search(&place).is_ok());
    (0..money.len()).map(counts).collect()
}

/// What was paid for each line that counts.
fn money(basket: &Basket, lines: &[usize]) -> Vec<i128> {
    let of_line = |(place, line): (usize, &super::Line)| {
        let counts = lines.binary_search(&place).is_ok();
        if counts {
            i128::from(line.kept_minor.max(0))
        } else {
            0
        }
    };
    basket.lines.iter().enumerate().map(of_line).collect()
}

/// The bracket with the highest start not above the value counts for all of it.
fn bracketed(brackets: &[Bracket], value: i128, units: i128) -> Option<Fraction> {
    let reached = brackets
        .iter()
        .rfind(|bracket| i128::from(bracket.from_minor) <= value);
    let Some(bracket) = reached else {
        return Some(Fraction::whole(0));
    };
    Fraction::of(value, units, bracket.per_currency_unit)?.plus_whole(bracket.fixed.get())
}

fn multiplied(
    ratio: Ratio,
    subject: &Subject<'_>,
    lines: &[usize],
    base: &[Points],
) -> Option<Exact> {
    let counts = |place: &usize| match subject {
        Subject::Basket(_) => lines.binary_search(place).is_ok(),
        Subject::Act { .. } => true,
    };
    let of_line = |(place, points): (usize, &Points)| {
        if counts(&place) {
            i128::from(points.get())
        } else {
            0
        }
    };
    let weights: Vec<i128> = base.iter().enumerate().map(of_line).collect();
    let fraction = Fraction::of(weights.iter().sum(), 1, ratio)?;
    let weights = match subject {
        Subject::Basket(_) => weights,
        Subject::Act { .. } => Vec::new(),
    };
    Some(Exact { fraction, weights })
}

impl Exact {
    /// The whole points: the sum rounded once, or each line by itself.
    pub(super) fn round(&self, rounding: PointRounding, scope: RoundingScope) -> Option<Points> {
        let weights: i128 = self.weights.iter().sum();
        if scope == RoundingScope::Basket || weights == 0 {
            return self.fraction.round(rounding).map(Points::new);
        }
        let lines = self.weights.iter().map(|weight| {
            let share = self.fraction.share(*weight, weights)?;
            share.round(rounding)
        });
        lines.sum::<Option<i64>>().map(Points::new)
    }
}
