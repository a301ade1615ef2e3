//! What is asked to happen to a customer's attributes, held against what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{Attribute, Key, Sensitivity};
use super::standing::{Change, latest, standing};
use super::value::Value;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};

/// A value that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) key: Key,
    /// In the field of which sensitivity it was sent, and what: none or several of them are wrong.
    pub(crate) values: Vec<(Sensitivity, String)>,
}

/// All that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) customer: CustomerId,
    pub(crate) set: Vec<Sent>,
    pub(crate) clear: Vec<Key>,
    pub(crate) source: String,
    pub(crate) actor: String,
}

/// Something to be written: the id under which it happens, the attribute, and the value.
pub(crate) type Step = (CustomerId, Key, Option<String>);

/// Why attributes are not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("there is no attribute `{}`", .0.0)]
    NotFound(Key),
    #[error("the attribute `{}` is archived", .0.0)]
    Archived(Key),
    #[error("{} values are not those of their attributes", .0.len())]
    Wrong(Vec<Invalid>),
}

impl Asked {
    /// The keys that are named, each once. Refuses one that is named twice: which of the two is meant?
    pub(crate) fn keys(&self) -> Result<BTreeSet<&Key>, Invalid> {
        let mut keys = BTreeSet::new();
        let set = self.set.iter().enumerate();
        let set = set.map(|(at, sent)| (format!("set[{at}].attribute_id"), &sent.key));
        let clear = self.clear.iter().enumerate();
        let clear = clear.map(|(at, key)| (format!("clear[{at}]"), key));
        for (field, key) in set.chain(clear) {
            if !keys.insert(key) {
                return Err(Invalid::new(field, Problem::NamedTwice));
            }
        }
        Ok(keys)
    }

    /// What is to be written, given what the attributes are and what was said of the person's. What is cleared is so under
    /// each id that has a value, also where another id's word hides it: the two may be parted.
    pub(crate) fn steps(
        &self,
        known: &BTreeMap<Key, Attribute>,
        said: &[Change],
    ) -> Result<Vec<Step>, Refused> {
        let latest = latest(said.iter().cloned(), |_| true);
        let standing = standing(&latest);
        let (mut steps, mut wrong) = (Vec::new(), Vec::new());
        for (at, sent) in self.set.iter().enumerate() {
            match sent.against(known)? {
                Err(invalid) => wrong.push(invalid.within(format!("set[{at}]"))),
                Ok(value) => {
                    let stands = standing.get(&sent.key);
                    let is_there = stands.is_some_and(|it| {
                        it.home == self.customer && it.value.as_ref() == Some(&value)
                    });
                    if !is_there {
                        steps.push((self.customer, sent.key.clone(), Some(value)));
                    }
                }
            }
        }
        for key in &self.clear {
            known
                .get(key)
                .ok_or_else(|| Refused::NotFound(key.clone()))?;
            let of_key = || said.iter().filter(|it| it.key == *key);
            let is_said = |own: &Change| {
                of_key().any(|it| it.by == self.customer && it.home == own.home && it.id > own.id)
            };
            let held = of_key().filter(|it| it.value.is_some() && !is_said(it));
            steps.extend(held.map(|it| (it.home, key.clone(), None)));
        }
        if wrong.is_empty() {
            Ok(steps)
        } else {
            Err(Refused::Wrong(wrong))
        }
    }
}

impl Sent {
    /// What was sent, as it is kept; what is wrong with it is told beside that of others.
    fn against(
        &self,
        known: &BTreeMap<Key, Attribute>,
    ) -> Result<Result<String, Invalid>, Refused> {
        let attribute = known.get(&self.key);
        let attribute = attribute.ok_or_else(|| Refused::NotFound(self.key.clone()))?;
        if attribute.archived {
            return Err(Refused::Archived(self.key.clone()));
        }
        Ok(self.read(attribute))
    }

    fn read(&self, attribute: &Attribute) -> Result<String, Invalid> {
        let definition = &attribute.definition;
        let field = field_of(definition.sensitivity);
        let stray = self
            .values
            .iter()
            .find(|(of, _)| *of != definition.sensitivity);
        if let Some((stray, _)) = stray {
            return Err(Invalid::new(field_of(*stray), Problem::OtherSensitivity));
        }
        let written = self
            .values
            .first()
            .map_or("", |(_, written)| written.as_str());
        let value = Value::read(&definition.kind, written);
        value
            .map(|value| value.written())
            .map_err(|problem| Invalid::new(field, problem))
    }
}

/// In which field of the contract values of a sensitivity are sent.
fn field_of(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::None => "value",
        Sensitivity::Contact => "contact_value",
        Sensitivity::Personal => "personal_value",
        Sensitivity::Sensitive => "sensitive_value",
        Sensitivity::FreeText => "free_text_value",
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::domain::attribute::definition::{Definition, Kind};

    fn id(nth: u128) -> CustomerId {
        CustomerId(Uuid::from_u128(nth))
    }

    fn tea() -> Key {
        Key("tea".to_owned())
    }

    fn known() -> BTreeMap<Key, Attribute> {
        let attribute = Attribute {
            key: tea(),
            version: 1,
            definition: Definition {
                kind: Kind::Text,
                sensitivity: Sensitivity::None,
                display_name: String::new(),
                description: String::new(),
            },
            archived: false,
            create_time: Timestamp::UNIX_EPOCH,
            update_time: Timestamp::UNIX_EPOCH,
        };
        BTreeMap::from([(tea(), attribute)])
    }

    fn said(nth: u128, (home, by): (u128, u128), value: Option<&str>) -> Change {
        Change {
            id: Uuid::from_u128(nth),
            home: id(home),
            by: id(by),
            key: tea(),
            value: value.map(str::to_owned),
            source: String::new(),
            actor: String::new(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn clearing(customer: u128) -> Asked {
        Asked {
            customer: id(customer),
            set: Vec::new(),
            clear: vec![tea()],
            source: String::new(),
            actor: String::new(),
        }
    }

    #[test]
    fn what_is_cleared_is_so_under_each_id_but_said_once_and_of_whom_belongs_to_the_person() {
        let mut kept = vec![
            said(1, (1, 1), Some("green")),
            said(2, (2, 2), Some("black")),
        ];
        let homes = |of: u128, kept: &[Change]| -> Vec<CustomerId> {
            let steps = clearing(of).steps(&known(), kept).unwrap();
            steps.into_iter().map(|(home, ..)| home).collect()
        };
        assert_eq!(homes(1, &kept), [id(1), id(2)]);
        kept = vec![said(2, (2, 2), Some("black")), said(3, (2, 1), None)];
        assert_eq!(homes(1, &kept), [], "said already");
        assert_eq!(homes(2, &kept), [id(2)], "of itself it was not");
        assert_eq!(homes(3, &kept), [id(2)], "nor by a third, who may stay");
        let of = |homes: &[u128]| {
            let latest = latest(kept.clone(), |it| homes.contains(&it.0.as_u128()));
            standing(&latest).contains_key(&tea())
        };
        assert!(!of(&[1, 2]) && of(&[2]) && of(&[2, 3]));
        kept[0] = said(4, (2, 2), Some("white"));
        assert_eq!(
            homes(1, &kept).len(),
            1,
            "what was set since is cleared anew"
        );
    }
}
