//! Attributes.

use contract::patron::access::v1::Sensitivity as SentSensitivity;
use contract::patron::profile::v1 as proto;
use proto::AttributeType;
use uuid::Uuid;

use super::time;
use crate::domain::attribute::asked::Sent;
use crate::domain::attribute::definition::{Attribute, Definition, Key, Kind, Sensitivity};
use crate::domain::attribute::standing::{self, Change};
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};

/// What operators say of an attribute.
pub(crate) fn decode(sent: &proto::Attribute) -> Result<(Key, Definition), Invalid> {
    let texts = [
        ("display_name", &sent.display_name),
        ("description", &sent.description),
    ];
    for (field, text) in texts {
        super::text(field, text)?;
    }
    let definition = Definition {
        kind: decode_kind(sent)?,
        sensitivity: decode_sensitivity(sent.sensitivity()),
        display_name: sent.display_name.clone(),
        description: sent.description.clone(),
    };
    let key = Key(sent.attribute_id.clone());
    definition.check(&key)?;
    Ok((key, definition))
}

fn decode_kind(sent: &proto::Attribute) -> Result<Kind, Invalid> {
    let kind = match sent.r#type() {
        AttributeType::Unspecified => return Err(Invalid::new("type", Problem::Missing)),
        AttributeType::Choice => return Ok(Kind::Choice(sent.choices.clone())),
        AttributeType::Text => Kind::Text,
        AttributeType::Integer => Kind::Integer,
        AttributeType::Boolean => Kind::Boolean,
        AttributeType::Date => Kind::Date,
        AttributeType::Timestamp => Kind::Timestamp,
    };
    if sent.choices.is_empty() {
        Ok(kind)
    } else {
        Err(Invalid::new("choices", Problem::NotOfThisType))
    }
}

fn decode_sensitivity(sent: SentSensitivity) -> Sensitivity {
    match sent {
        SentSensitivity::Unspecified => Sensitivity::None,
        SentSensitivity::Contact => Sensitivity::Contact,
        SentSensitivity::Personal => Sensitivity::Personal,
        SentSensitivity::Sensitive => Sensitivity::Sensitive,
        SentSensitivity::FreeText => Sensitivity::FreeText,
    }
}

fn encode_sensitivity(sensitivity: Sensitivity) -> SentSensitivity {
    match sensitivity {
        Sensitivity::None => SentSensitivity::Unspecified,
        Sensitivity::Contact => SentSensitivity::Contact,
        Sensitivity::Personal => SentSensitivity::Personal,
        Sensitivity::Sensitive => SentSensitivity::Sensitive,
        Sensitivity::FreeText => SentSensitivity::FreeText,
    }
}

fn encode_kind(kind: &Kind) -> AttributeType {
    match kind {
        Kind::Text => AttributeType::Text,
        Kind::Integer => AttributeType::Integer,
        Kind::Boolean => AttributeType::Boolean,
        Kind::Date => AttributeType::Date,
        Kind::Timestamp => AttributeType::Timestamp,
        Kind::Choice(_) => AttributeType::Choice,
    }
}

/// An attribute.
pub(crate) fn encode(attribute: Attribute) -> proto::Attribute {
    let etag = attribute.etag();
    let definition = attribute.definition;
    proto::Attribute {
        etag,
        attribute_id: attribute.key.0,
        r#type: encode_kind(&definition.kind).into(),
        choices: match definition.kind {
            Kind::Choice(choices) => choices,
            _ => Vec::new(),
        },
        sensitivity: encode_sensitivity(definition.sensitivity).into(),
        display_name: definition.display_name,
        description: definition.description,
        archived: attribute.archived,
        create_time: Some(time::encode(attribute.create_time)),
        update_time: Some(time::encode(attribute.update_time)),
    }
}

/// A value that was sent, with the fields in which it was.
pub(crate) fn sent(value: proto::AttributeValue) -> Sent {
    let fields = [
        (Sensitivity::None, value.value),
        (Sensitivity::Contact, value.contact_value),
        (Sensitivity::Personal, value.personal_value),
        (Sensitivity::Sensitive, value.sensitive_value),
        (Sensitivity::FreeText, value.free_text_value),
    ];
    let fields = fields.into_iter().filter(|(_, text)| !text.is_empty());
    Sent {
        key: Key(value.attribute_id),
        values: fields.collect(),
    }
}

/// A value, in the field by which it is shown to those alone who may see it.
fn placed(key: &Key, value: String, sensitivity: Sensitivity) -> proto::AttributeValue {
    let mut placed = proto::AttributeValue {
        attribute_id: key.0.clone(),
        ..proto::AttributeValue::default()
    };
    match sensitivity {
        Sensitivity::None => placed.value = value,
        Sensitivity::Contact => placed.contact_value = value,
        Sensitivity::Personal => placed.personal_value = value,
        Sensitivity::Sensitive => placed.sensitive_value = value,
        Sensitivity::FreeText => placed.free_text_value = value,
    }
    placed
}

fn definition_of<'a>(known: &'a [Attribute], key: &Key) -> Option<&'a Definition> {
    let attribute = known.iter().find(|it| it.key == *key);
    attribute.map(|it| &it.definition)
}

/// The attributes that a person has.
pub(crate) fn standing(
    customer: CustomerId,
    kept: &[Change],
    known: &[Attribute],
) -> proto::CustomerAttributes {
    let standing = standing::standing(kept).into_values();
    let attributes = standing.filter_map(|change| {
        let definition = definition_of(known, &change.key)?;
        let value = change.value.clone().unwrap_or_default();
        Some(proto::CustomerAttribute {
            value: Some(placed(&change.key, value, definition.sensitivity)),
            r#type: encode_kind(&definition.kind).into(),
            source: change.source.clone(),
            actor: change.actor.clone(),
            set_time: Some(time::encode(change.at)),
        })
    });
    proto::CustomerAttributes {
        customer_id: customer.0.to_string(),
        attributes: attributes.collect(),
    }
}

/// Something that happened, and who sees what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    change: Change,
    sensitivity: Sensitivity,
}

impl Told {
    /// Its place in lists.
    pub(crate) fn id(&self) -> Uuid {
        self.change.id
    }
}

/// What happened to attributes, each with what it is.
pub(crate) fn told(changes: Vec<Change>, known: &[Attribute]) -> Vec<Told> {
    let told = changes.into_iter().filter_map(|change| {
        let sensitivity = definition_of(known, &change.key)?.sensitivity;
        Some(Told {
            change,
            sensitivity,
        })
    });
    told.collect()
}

/// Something that happened to an attribute.
pub(crate) fn change(told: Told) -> proto::AttributeChange {
    let change = told.change;
    let cleared = change.value.is_none();
    let value = change.value.unwrap_or_default();
    proto::AttributeChange {
        change_id: change.id.to_string(),
        customer_id: change.home.0.to_string(),
        value: Some(placed(&change.key, value, told.sensitivity)),
        cleared,
        source: change.source,
        actor: change.actor,
        change_time: Some(time::encode(change.at)),
        by_customer_id: change.by.0.to_string(),
    }
}
