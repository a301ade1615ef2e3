//! Random messages of any type, made of nothing but its descriptor. The same name always gives the same ones.

use std::collections::HashMap;

use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::well_known;

/// Messages within messages end here: many types contain themselves.
const MAX_DEPTH: usize = 4;

/// Where a part of a request is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In JSON, which can say everything.
    Body,
    /// In the query, which has no maps, no lists of messages, and no messages of which nothing is said.
    Query,
}

/// A source of chance.
pub(super) struct Random(pub(super) TestRng);

impl Random {
    pub(super) fn of(name: &str) -> Self {
        let mut seed = [0_u8; 32];
        for (index, byte) in name.bytes().enumerate() {
            let place = &mut seed[index % 32];
            *place = place.rotate_left(3) ^ byte;
        }
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.0.random_range(0..from.len())]
    }

    /// A name that nothing else has.
    pub(super) fn word(&mut self) -> String {
        format!("{:032x}", self.0.random::<u128>())
    }

    /// A message with some of its fields; of each `oneof` at most one.
    pub(super) fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        place: Place,
        depth: usize,
    ) -> DynamicMessage {
        if let Some(message) = well_known::random(self, descriptor, depth) {
            return message;
        }
        let mut message = DynamicMessage::new(descriptor.clone());
        let alone = descriptor
            .fields()
            .filter(|it| it.containing_oneof().is_none());
        for field in alone {
            self.maybe_set(&mut message, &field, place, depth);
        }
        for oneof in descriptor.oneofs() {
            let fields: Vec<_> = oneof.fields().collect();
            let field = self.pick(&fields).clone();
            self.maybe_set(&mut message, &field, place, depth);
        }
        message
    }

    fn maybe_set(
        &mut self,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
        place: Place,
        depth: usize,
    ) {
        // The deeper, the less: a message stays as small as a request is.
        let percent = 60_u32.saturating_sub(u32::try_from(depth).unwrap() * 15);
        if self.chance(percent)
            && let Some(value) = self.field(field, place, depth)
        {
            message.set_field(field, value);
        }
    }

    /// A value for a whole field; none where it has no place.
    pub(super) fn field(
        &mut self,
        field: &FieldDescriptor,
        place: Place,
        depth: usize,
    ) -> Option<Value> {
        let kind = field.kind();
        if field.is_map() {
            return (place == Place::Body).then(|| self.map(&kind, depth));
        }
        if let Kind::Message(message) = &kind
            && !well_known::is_value(message)
        {
            if depth >= MAX_DEPTH {
                return None;
            }
            if place == Place::Query {
                return self.in_query(field, message, depth);
            }
        }
        if field.is_list() {
            let count = self.0.random_range(0..4);
            let values = (0..count).map(|_| self.value(&kind, depth)).collect();
            return Some(Value::List(values));
        }
        Some(self.value(&kind, depth))
    }

    /// A message that is spelled out field by field: it is there because one of its fields is.
    fn in_query(
        &mut self,
        field: &FieldDescriptor,
        descriptor: &MessageDescriptor,
        depth: usize,
    ) -> Option<Value> {
        if field.is_list() || well_known::is_free(descriptor) {
            return None;
        }
        let message = self.message(descriptor, Place::Query, depth + 1);
        let says_something = message.fields().next().is_some();
        says_something.then_some(Value::Message(message))
    }

    fn map(&mut self, entry: &Kind, depth: usize) -> Value {
        let entry = entry.as_message().unwrap();
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let is_too_deep = depth >= MAX_DEPTH && matches!(value.kind(), Kind::Message(_));
        let count = if is_too_deep {
            0
        } else {
            self.0.random_range(0..4)
        };
        let entries: HashMap<MapKey, Value> = (0..count)
            .map(|_| {
                let key = self.value(&key.kind(), depth).into_map_key().unwrap();
                (key, self.value(&value.kind(), depth))
            })
            .collect();
        Value::Map(entries)
    }
}
