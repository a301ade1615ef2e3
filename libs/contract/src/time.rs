//! Instants on the wire.

use jiff::Timestamp;

/// The wire form of an instant, to the nanosecond.
pub fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.as_second(),
        nanos: instant.subsec_nanosecond(),
    }
    .canonical()
}

/// The instant, or `None` when the wire form is outside of years -9999 to 9999.
pub fn instant(wire: &prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(wire.seconds, wire.nanos).ok()
}

trait Canonical {
    fn canonical(self) -> Self;
}

impl Canonical for prost_types::Timestamp {
    /// jiff gives instants before 1970 negative nanoseconds; protobuf wants them counted forward.
    fn canonical(mut self) -> Self {
        self.normalize();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_the_wire_also_before_1970() {
        for text in [
            "1969-12-31T23:59:58.25Z",
            "1970-01-01T00:00:00Z",
            "2025-03-09T17:00:00.000000001Z",
        ] {
            let instant: Timestamp = text.parse().unwrap();
            let wire = timestamp(instant);
            assert!((0..1_000_000_000).contains(&wire.nanos));
            assert_eq!(super::instant(&wire), Some(instant));
        }
    }
}
