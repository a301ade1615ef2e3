//! Lists and maps that are written out, and texts that stand for times, durations and zones.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::{Checked, Checker};
use crate::code::{Code, Zone};
use crate::problem::Fault;
use crate::schema::Shape;
use crate::syntax::{Kind, Node};

impl Checker<'_> {
    pub(super) fn list(&mut self, elements: &[Node]) -> Checked {
        let mut codes = Vec::with_capacity(elements.len());
        let (mut shape, mut steps) = (Shape::Unknown, 0_u64);
        for element in elements {
            let checked = self.same(element, &mut shape, "an element of the list");
            steps = steps.saturating_add(checked.steps);
            codes.push(checked.code);
        }
        let at_most = u32::try_from(elements.len()).unwrap_or(u32::MAX);
        Checked::new(Shape::list(shape, at_most), Code::List(codes.into()), steps)
    }

    pub(super) fn map(&mut self, entries: &[(Node, Node)]) -> Checked {
        let mut codes = Vec::with_capacity(entries.len());
        let (mut shape, mut steps) = (Shape::Unknown, 0_u64);
        let mut keys = BTreeSet::new();
        for (key, value) in entries {
            let checked_key = self.expect(key, &Shape::Text, "a key");
            if let Kind::Text(text) = &key.kind
                && !keys.insert(text)
            {
                let key_twice = Fault::KeyTwice { key: text.clone() };
                self.tell(key.span, key_twice);
            }
            let checked = self.same(value, &mut shape, "a value of the map");
            steps = steps.saturating_add(checked_key.steps);
            steps = steps.saturating_add(checked.steps);
            codes.push((checked_key.code, checked.code));
        }
        Checked::new(
            Shape::Map(Arc::new(shape)),
            Code::Table(codes.into()),
            steps,
        )
    }

    /// Checks one of several values that have to be of one type.
    fn same(&mut self, node: &Node, shape: &mut Shape, subject: &str) -> Checked {
        let checked = self.expect(node, shape, subject);
        if !self.demand_value(node.span, &checked.shape) {
            return Checked::nothing();
        }
        if let Some(joined) = shape.join(&checked.shape) {
            *shape = joined;
        }
        checked
    }

    /// `timestamp('…')`, `duration('…')`: a text that is read with the rule, so that no evaluation
    /// fails by it.
    pub(super) fn instant(&mut self, argument: &Node) -> Checked {
        let Kind::Text(text) = &argument.kind else {
            return self.not_written_out(argument, "a timestamp");
        };
        let Ok(instant) = text.parse() else {
            let text = text.clone();
            return self.refuse(argument.span, Fault::BadTimestamp { text });
        };
        Checked::new(Shape::Timestamp, Code::Timestamp(instant), 0)
    }

    pub(super) fn duration(&mut self, argument: &Node) -> Checked {
        let Kind::Text(text) = &argument.kind else {
            return self.not_written_out(argument, "a duration");
        };
        let Some(length) = duration(text) else {
            let text = text.clone();
            return self.refuse(argument.span, Fault::BadDuration { text });
        };
        Checked::new(Shape::Duration, Code::Duration(length), 0)
    }

    pub(super) fn not_written_out(&mut self, argument: &Node, what: &'static str) -> Checked {
        self.check(argument);
        self.refuse(argument.span, Fault::NotConstant { what })
    }

    /// A zone that is written out is looked up now, another one at each evaluation.
    pub(super) fn zone(&mut self, argument: &Node, checked: Code) -> Zone {
        let Kind::Text(name) = &argument.kind else {
            return Zone::Named(Box::new(checked));
        };
        let zone = TimeZone::get(name);
        if zone.is_err() {
            let zone = name.clone();
            self.tell(argument.span, Fault::UnknownZone { zone });
        }
        Zone::Known(zone.unwrap_or(TimeZone::UTC))
    }
}

/// The units of a duration, in nanoseconds. Longer names first: `ms` is not `m` and `s`.
const UNITS: [(&str, i128); 7] = [
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
];

/// Numbers with units, as CEL has it from Go: `72h`, `-1h30m`, `1.5s`.
fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut total = 0_i128;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let length = rest.find(|next: char| !next.is_ascii_digit() && next != '.')?;
        let (number, after) = rest.split_at_checked(length)?;
        let (unit, scale) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        total = total.checked_add(scaled(number, *scale)?)?;
        rest = after.get(unit.len()..)?;
    }
    let signed = if negative { -total } else { total };
    let second = 1_000_000_000;
    let seconds = i64::try_from(signed.div_euclid(second)).ok()?;
    let rest = i64::try_from(signed.rem_euclid(second)).ok()?;
    SignedDuration::from_secs(seconds).checked_add(SignedDuration::from_nanos(rest))
}

/// A decimal number of up to nine places, times a unit.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse::<i128>().ok()?;
    let places = u32::try_from(fraction.len()).ok()?;
    digits.checked_mul(scale)?.checked_div(10_i128.pow(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let seconds = |text| duration(text).map(|length| length.as_secs());
        assert_eq!(seconds("72h"), Some(259_200));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("-1m"), Some(-60));
        assert_eq!(
            duration("1.5s").map(|length| length.as_millis()),
            Some(1_500)
        );
        assert_eq!(
            duration("-1500ms"),
            Some(SignedDuration::from_millis(-1_500))
        );
        for wrong in [
            "",
            "-",
            "3",
            "h",
            "3 h",
            "1..5s",
            "3d",
            "١h",
            "9999999999999999999h",
        ] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
