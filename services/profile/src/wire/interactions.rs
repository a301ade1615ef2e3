//! Interactions.

use std::collections::BTreeMap;

use chassis::Refusal;
use contract::checks::{At, Rules, violations};
use contract::patron::profile::v1 as proto;
use contract::patron::r#type::v1::ErrorReason as Common;
use jiff::Timestamp;
use proto::interaction::Kind as WireKind;
use tonic::Code;

use super::{customers, time};
use crate::app::intake::{Newcomer, Who};
use crate::domain::identifier;
use crate::domain::interaction::{Interaction, InteractionKey, Kind, RecordedInteraction};
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::points::phone::Country;

/// An interaction that was sent, and with whom. The contract leaves checking it to whoever records it: that is here.
pub(crate) fn decode(
    sent: proto::RecordInteractionsRequest,
    (now, country): (Timestamp, Option<Country>),
) -> Result<(Who, Interaction), Refusal> {
    let missing = || Invalid::new("interaction", Problem::Missing);
    let interaction = sent.interaction.ok_or_else(missing)?;
    let root = At::ROOT;
    check(&interaction, &root.field("interaction"))?;
    let told = (sent.identifier, sent.region_code);
    let who = who(&interaction.customer_id, told, country)?;
    let decoded = content(interaction).and_then(|it| it.check(now));
    Ok((
        who,
        decoded.map_err(|invalid| invalid.within("interaction"))?,
    ))
}

fn check(message: &impl Rules, at: &At<'_>) -> Result<(), Refusal> {
    let broken = violations(message, at);
    let Some(first) = broken.first() else {
        return Ok(());
    };
    let message = format!("{} {}", first.field, first.description);
    let refusal = Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message);
    let name = |refusal: Refusal, it: &tonic_types::FieldViolation| {
        refusal.field(&it.field, &it.description)
    };
    Err(broken.iter().fold(refusal, name))
}

fn who(
    customer_id: &str,
    (identifier, region_code): (Option<proto::Identifier>, String),
    country: Option<Country>,
) -> Result<Who, Refusal> {
    let Some(identifier) = identifier else {
        let customer = super::customer_id("interaction.customer_id", customer_id)?;
        return Ok(Who::Customer(customer));
    };
    if !customer_id.is_empty() {
        return Err(Invalid::new("identifier", Problem::Ambiguous).into());
    }
    let root = At::ROOT;
    check(&identifier, &root.field("identifier"))?;
    identifier::check(|| "identifier.value".to_owned(), &identifier.value)?;
    // As `Customer.region_code`, of which this becomes one.
    let region = proto::Customer {
        region_code: region_code.clone(),
        ..proto::Customer::default()
    };
    check(&region, &root)?;
    let identifier = customers::decode_identifier(identifier);
    let newcomer = Newcomer::stated(identifier, region_code, country);
    Ok(Who::Identified(newcomer))
}

fn content(sent: proto::Interaction) -> Result<Interaction, Invalid> {
    let count = sent.properties.len();
    let kind = sent.kind();
    let properties = sent.properties.into_iter().map(|it| (it.name, it.value));
    let properties: BTreeMap<_, _> = properties.collect();
    if properties.len() < count {
        return Err(Invalid::new("properties", Problem::NamedTwice));
    }
    Ok(Interaction {
        kind: decode_kind(kind).ok_or_else(|| Invalid::new("kind", Problem::Missing))?,
        time: time::decode("occur_time", sent.occur_time.as_ref())?,
        key: InteractionKey {
            source: sent.source,
            id: sent.interaction_id,
        },
        channel: sent.channel,
        store_id: sent.store_id,
        reference: sent.reference,
        subject: sent.subject,
        duration_seconds: sent.duration_seconds,
        properties,
    })
}

/// An interaction.
pub(crate) fn encode(recorded: RecordedInteraction) -> proto::Interaction {
    let interaction = recorded.interaction;
    let properties = interaction.properties.into_iter();
    let property = |(name, value)| proto::InteractionProperty { name, value };
    proto::Interaction {
        source: interaction.key.source,
        interaction_id: interaction.key.id,
        customer_id: recorded.customer.0.to_string(),
        kind: encode_kind(interaction.kind).into(),
        channel: interaction.channel,
        occur_time: Some(time::encode(interaction.time)),
        store_id: interaction.store_id,
        reference: interaction.reference,
        subject: interaction.subject,
        duration_seconds: interaction.duration_seconds,
        properties: properties.map(property).collect(),
    }
}

/// A kind that was sent.
pub(super) fn decode_kind(sent: WireKind) -> Option<Kind> {
    Some(match sent {
        WireKind::Unspecified => return None,
        WireKind::Visit => Kind::Visit,
        WireKind::PageView => Kind::PageView,
        WireKind::Cart => Kind::Cart,
        WireKind::Call => Kind::Call,
        WireKind::Chat => Kind::Chat,
        WireKind::Email => Kind::Email,
        WireKind::CampaignTouch => Kind::CampaignTouch,
    })
}

/// A kind to send.
pub(super) fn encode_kind(kind: Kind) -> WireKind {
    match kind {
        Kind::Visit => WireKind::Visit,
        Kind::PageView => WireKind::PageView,
        Kind::Cart => WireKind::Cart,
        Kind::Call => WireKind::Call,
        Kind::Chat => WireKind::Chat,
        Kind::Email => WireKind::Email,
        Kind::CampaignTouch => WireKind::CampaignTouch,
    }
}
