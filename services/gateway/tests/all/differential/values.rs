//! Random values of one kind, often ones at the edge of what it holds.

use bytes::Bytes;
use proptest::prelude::RngExt as _;
use proptest::test_runner::TestRng;
use prost_reflect::{EnumDescriptor, Kind, Value};

use super::random::{Place, Random};

/// What texts are made of: all that a URL, JSON or a terminal takes for something else, too.
const PIECES: [&str; 36] = [
    "a", "Zz", "0", "_", "-", ".", "..", "~", " ", "+", "%", "%2F", "%zz", "&", "=", "/", "//",
    "?", "#", ":", ";", ",", "\"", "'", "\\", "{", "}", "<b>", "\n", "\t", "\u{1}", "ä", "漢",
    "🦀", "\u{202e}", "null",
];

impl Random {
    /// A value of one kind. A message is one that JSON can say.
    pub(super) fn value(&mut self, kind: &Kind, depth: usize) -> Value {
        match kind {
            Kind::Bool => Value::Bool(self.chance(50)),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                Value::I32(self.number(&[0, 1, -1, i32::MIN, i32::MAX], TestRng::random))
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                Value::I64(self.number(&[0, 1, -1, i64::MIN, i64::MAX], TestRng::random))
            }
            Kind::Uint32 | Kind::Fixed32 => {
                Value::U32(self.number(&[0, 1, u32::MAX], TestRng::random))
            }
            Kind::Uint64 | Kind::Fixed64 => {
                Value::U64(self.number(&[0, 1, u64::MAX], TestRng::random))
            }
            Kind::Float => {
                Value::F32(self.number(&[0.0, 0.1, -1.5, f32::MAX, f32::INFINITY], TestRng::random))
            }
            Kind::Double => Value::F64(self.number(
                &[0.0, 0.1, 1e-300, f64::MIN, f64::NEG_INFINITY],
                TestRng::random,
            )),
            Kind::String => Value::String(self.text()),
            Kind::Bytes => Value::Bytes(self.bytes()),
            Kind::Enum(descriptor) => Value::EnumNumber(self.enumerated(descriptor)),
            Kind::Message(message) => Value::Message(self.message(message, Place::Body, depth + 1)),
        }
    }

    /// One of the numbers at the edges, or any other.
    fn number<T: Copy>(&mut self, edges: &[T], any: fn(&mut TestRng) -> T) -> T {
        if self.chance(50) {
            *self.pick(edges)
        } else {
            any(&mut self.0)
        }
    }

    fn bytes(&mut self) -> Bytes {
        let count = self.0.random_range(0..9);
        (0..count).map(|_| self.0.random::<u8>()).collect()
    }

    /// Mostly a value that the contract knows: but any number is one of an open enum.
    fn enumerated(&mut self, descriptor: &EnumDescriptor) -> i32 {
        let values: Vec<_> = descriptor.values().map(|it| it.number()).collect();
        if self.chance(90) {
            *self.pick(&values)
        } else {
            self.0.random()
        }
    }

    pub(super) fn text(&mut self) -> String {
        let count = self.0.random_range(0..6);
        (0..count).map(|_| *self.pick(&PIECES)).collect()
    }
}
