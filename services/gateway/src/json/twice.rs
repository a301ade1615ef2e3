//! Fields that JSON gives twice.
//!
//! Parsers differ in which of two they take, so whoever checks a body before us may see another one than we
//! do. protobuf's JSON has two names for a field (`pageSize`, `page_size`): both together are the same field
//! twice.

use std::collections::HashSet;
use std::fmt;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::violation::{InvalidRequest, Violations};

/// What stands at some place of the JSON.
#[derive(Clone)]
enum Place {
    Message(MessageDescriptor),
    /// Values by key.
    Map(FieldDescriptor),
    /// Keys are just text: `google.protobuf.Struct` and the like, and what is not in the contract.
    Free,
}

/// Refuses a message that gives a field twice. `body` is known to be JSON of this message.
pub(super) fn refuse(
    descriptor: &MessageDescriptor,
    path: &str,
    body: &[u8],
) -> Result<(), InvalidRequest> {
    find(place_of(descriptor), path, body)
}

/// The same for the value of one field.
pub(super) fn refuse_in_field(field: &FieldDescriptor, body: &[u8]) -> Result<(), InvalidRequest> {
    find(Place::of(field), field.name(), body)
}

fn find(place: Place, path: &str, body: &[u8]) -> Result<(), InvalidRequest> {
    let mut found = Violations::default();
    let walk = Walk {
        place: &place,
        path,
        found: &mut found,
    };
    // What is no JSON was found before, with a better error.
    drop(walk.deserialize(&mut serde_json::Deserializer::from_slice(body)));
    found.into_result()
}

fn place_of(descriptor: &MessageDescriptor) -> Place {
    if descriptor.package_name() == "google.protobuf" {
        Place::Free
    } else {
        Place::Message(descriptor.clone())
    }
}

impl Place {
    fn of(field: &FieldDescriptor) -> Self {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => Self::Map(entry.map_entry_value_field()),
            Kind::Message(message) => place_of(&message),
            _ => Self::Free,
        }
    }

    /// The name by which a key is known here, and what stands below it.
    fn below(&self, key: String) -> (String, Self) {
        match self {
            Self::Free => (key, Self::Free),
            Self::Map(value) => (key, Self::of(value)),
            Self::Message(message) => {
                let field = message.get_field_by_json_name(&key);
                match field.or_else(|| message.get_field_by_name(&key)) {
                    Some(field) => (field.name().to_owned(), Self::of(&field)),
                    None => (key, Self::Free),
                }
            }
        }
    }
}

/// Reads one value, and nothing of it but keys.
struct Walk<'w> {
    place: &'w Place,
    path: &'w str,
    found: &'w mut Violations,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let (name, place) = self.place.below(key);
            let path = match (self.place, self.path) {
                (Place::Message(_), "") => name.clone(),
                (Place::Message(_), path) => format!("{path}.{name}"),
                (Place::Map(_) | Place::Free, path) => format!("{path}[{name:?}]"),
            };
            if self.found.is_full() {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            if !seen.insert(name) {
                self.found.push(path.as_str(), "is given twice");
            }
            entries.next_value_seed(Walk {
                place: &place,
                path: &path,
                found: self.found,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        loop {
            let path = format!("{}[{index}]", self.path);
            let item = Walk {
                place: self.place,
                path: &path,
                found: self.found,
            };
            if items.next_element_seed(item)?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
