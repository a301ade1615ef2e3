//! Customers.

use contract::google::r#type::Date;
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::customer::State;
use proto::identifier::Problem;

use super::time;
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::{Customer, Details};
use crate::domain::gender::Gender;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::identity::golden::Origin;
use crate::domain::invalid::Invalid;
use crate::domain::points::Unreadable;
use crate::domain::points::address::PostalAddress;
use crate::domain::points::phone::Country;

/// What was sent about a customer. Output-only fields are ignored.
pub(crate) fn decode(sent: proto::Customer, now: Timestamp) -> Result<Details, Invalid> {
    let gender = decode_gender(sent.gender());
    let birth_date = sent.birth_date.map(|date| {
        BirthDate::check(date.year, date.month, date.day, now)
            .map_err(|problem| Invalid::new("birth_date", problem))
    });
    Ok(Details {
        identifiers: sent
            .identifiers
            .into_iter()
            .map(decode_identifier)
            .collect(),
        display_name: sent.display_name,
        family_name: sent.family_name,
        given_name: sent.given_name,
        birth_date: birth_date.transpose()?,
        gender,
        occupation: sent.occupation,
        income_band: sent.income_band,
        region_code: sent.region_code,
        brand: sent.brand,
        language_code: sent.language_code,
        time_zone: sent.time_zone,
        postal_address: sent.postal_address.map(decode_address).unwrap_or_default(),
    })
}

/// An identifier as it was stated, to be read when it is known where.
pub(crate) fn decode_identifier(sent: proto::Identifier) -> Identifier {
    let proto::Identifier {
        kind,
        value,
        verified,
        ..
    } = sent;
    Identifier {
        key: IdentifierKey::kept(kind, value, false),
        verified,
    }
}

/// A customer record.
pub(crate) fn encode(customer: Customer) -> proto::Customer {
    let etag = customer.etag();
    let merged = customer.absorbed.iter().map(|id| id.0.to_string());
    proto::Customer {
        customer_id: customer.id.0.to_string(),
        state: State::Active.into(),
        create_time: Some(time::encode(customer.create_time)),
        update_time: Some(time::encode(customer.update_time)),
        etag,
        merged_customer_ids: merged.collect(),
        origins: customer.origins.into_iter().map(encode_origin).collect(),
        ..encode_details(customer.details)
    }
}

/// What is said about a customer, and nothing of what only Patron says.
pub(crate) fn encode_details(details: Details) -> proto::Customer {
    let country = Country::named(&details.region_code);
    let identifiers = details.identifiers.into_iter();
    let identifiers = identifiers.map(|it| encode_identifier(it, country));
    proto::Customer {
        identifiers: identifiers.collect(),
        display_name: details.display_name,
        family_name: details.family_name,
        given_name: details.given_name,
        birth_date: details.birth_date.map(encode_date),
        gender: encode_gender(details.gender).into(),
        occupation: details.occupation,
        income_band: details.income_band,
        region_code: details.region_code,
        brand: details.brand,
        language_code: details.language_code,
        time_zone: details.time_zone,
        postal_address: encode_address(details.postal_address),
        ..proto::Customer::default()
    }
}

fn encode_origin((field, origin): (String, Origin)) -> proto::FieldOrigin {
    proto::FieldOrigin {
        field,
        source_id: origin.source.0.to_string(),
        channel: origin.channel,
        observe_time: Some(time::encode(origin.observed_at)),
        confirm_time: origin.confirmed_at.map(time::encode),
    }
}

/// An identifier of somebody who is of this country.
pub(crate) fn encode_identifier(
    identifier: Identifier,
    country: Option<Country>,
) -> proto::Identifier {
    let Identifier { key, verified } = identifier;
    let problem = key.problem(country).map_or(Problem::Unspecified, problem);
    let IdentifierKey { kind, value, .. } = key;
    proto::Identifier {
        kind,
        value,
        verified,
        problem: problem.into(),
    }
}

/// Why a value can't be read.
pub(crate) fn problem(why: Unreadable) -> Problem {
    match why {
        Unreadable::NotANumber => Problem::NotANumber,
        Unreadable::NoCountry => Problem::NoCountry,
        Unreadable::WrongLength => Problem::WrongLength,
        Unreadable::Unassigned => Problem::Unassigned,
        Unreadable::Extension => Problem::Extension,
        Unreadable::Placeholder => Problem::Placeholder,
        Unreadable::NotAnAddress => Problem::NotAnAddress,
    }
}

fn decode_address(sent: proto::PostalAddress) -> PostalAddress {
    PostalAddress {
        region_code: sent.region_code,
        postal_code: sent.postal_code,
        administrative_area: sent.administrative_area,
        locality: sent.locality,
        lines: sent.address_lines,
    }
}

fn encode_address(address: PostalAddress) -> Option<proto::PostalAddress> {
    (address != PostalAddress::default()).then_some(proto::PostalAddress {
        region_code: address.region_code,
        postal_code: address.postal_code,
        administrative_area: address.administrative_area,
        locality: address.locality,
        address_lines: address.lines,
    })
}

fn encode_date(date: BirthDate) -> Date {
    Date {
        year: date.year.unwrap_or_default().into(),
        month: date.month.into(),
        day: date.day.into(),
    }
}

fn decode_gender(sent: proto::Gender) -> Gender {
    match sent {
        proto::Gender::Unspecified => Gender::Unknown,
        proto::Gender::Female => Gender::Female,
        proto::Gender::Male => Gender::Male,
        proto::Gender::Other => Gender::Other,
        proto::Gender::Undisclosed => Gender::Undisclosed,
    }
}

/// A gender.
pub(crate) fn encode_gender(gender: Gender) -> proto::Gender {
    match gender {
        Gender::Unknown => proto::Gender::Unspecified,
        Gender::Female => proto::Gender::Female,
        Gender::Male => proto::Gender::Male,
        Gender::Other => proto::Gender::Other,
        Gender::Undisclosed => proto::Gender::Undisclosed,
    }
}
