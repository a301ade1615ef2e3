//! Sources and links.

use chassis::Refusal;
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::link::Kind;

use super::{customers, time};
use crate::app::identity::ingest::Statement;
use crate::domain::field::{Field, parse_mask};
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::identity::link::{Link, LinkKind};
use crate::domain::identity::matching::{self, Likeness};
use crate::domain::identity::source::{ACTIVITY, CRM, Source, SourceId};
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::order::check_not_ahead;
use crate::domain::points::phone::Country;
use crate::domain::text;

/// What a channel sent about a person. National phone numbers are of `country` where it does not say of
/// which.
pub(crate) fn statement(
    sent: proto::IngestSourceRequest,
    (now, country): (Timestamp, Option<Country>),
) -> Result<Statement, Invalid> {
    let proto::Source {
        customer_id,
        channel,
        source_key: key,
        details,
        ..
    } = sent.source.unwrap_or_default();
    if [CRM, ACTIVITY].contains(&channel.as_str()) {
        return Err(Invalid::new("source.channel", Problem::ReservedChannel));
    }
    text::check(|| "source.source_key".to_owned(), &key)?;
    let customer = (!customer_id.is_empty())
        .then(|| super::customer_id("source.customer_id", &customer_id))
        .transpose()?;
    let within = |invalid: Invalid| invalid.within("source.details");
    let details = customers::decode(details.unwrap_or_default(), now).map_err(within)?;
    let fields = match sent.update_mask {
        Some(mask) => parse_mask(&mask.paths)?,
        None => Field::all().filter(|field| details.has(*field)).collect(),
    };
    let mut details = details.only(&fields);
    details.read_points(country);
    details.check().map_err(within)?;
    let observed_at = time::decode("observe_time", sent.observe_time.as_ref())?;
    check_not_ahead("observe_time", observed_at, now)?;
    Ok(Statement {
        customer,
        channel,
        key,
        fields,
        details,
        observed_at,
    })
}

/// A source.
pub(crate) fn source(source: Source) -> proto::Source {
    let observation = |(field, at): (&Field, &Timestamp)| proto::Observation {
        field: field.path().to_owned(),
        observe_time: Some(time::encode(*at)),
    };
    let withdrawn = source.withdrawn.into_iter().map(withdrawal);
    proto::Source {
        source_id: source.id.0.to_string(),
        customer_id: source.home.0.to_string(),
        channel: source.channel,
        source_key: source.key,
        details: Some(customers::encode_details(source.details)),
        observations: source.observed.iter().map(observation).collect(),
        withdrawals: withdrawn.collect(),
        record_time: Some(time::encode(source.record_time)),
        import_id: source.import.map(|id| id.0.to_string()).unwrap_or_default(),
    }
}

fn withdrawal(((source, key), since): ((SourceId, IdentifierKey), Timestamp)) -> proto::Withdrawal {
    let verified = false;
    proto::Withdrawal {
        source_id: source.0.to_string(),
        identifier: Some(customers::encode_identifier(
            Identifier { key, verified },
            None,
        )),
        withdraw_time: Some(time::encode(since)),
    }
}

/// A link.
pub(crate) fn link(link: Link) -> proto::Link {
    let (undo_time, undone_by, undo_reason) = link.undone.map_or_else(Default::default, |it| {
        (Some(time::encode(it.at)), it.actor, it.reason)
    });
    proto::Link {
        link_id: link.id.0.to_string(),
        customer_id: link.ends.0.0.to_string(),
        linked_customer_id: link.ends.1.0.to_string(),
        kind: kind(link.kind).into(),
        score_permille: link.score_permille,
        reason: link.reason,
        made_by: link.actor,
        make_time: Some(time::encode(link.made_at)),
        undo_time,
        undone_by,
        undo_reason,
    }
}

/// A customer who may be the same person.
pub(crate) fn likeness((id, likeness): (CustomerId, Likeness)) -> proto::Likeness {
    let evidence = likeness
        .evidence
        .into_iter()
        .map(|it| proto::likeness::Evidence {
            kind: evidence_kind(it.kind).into(),
            weight_permille: it.weight_permille,
        });
    let refusal = likeness.conflict.map(Refusal::from);
    proto::Likeness {
        customer_id: id.0.to_string(),
        score_permille: likeness.score_permille,
        evidence: evidence.collect(),
        refusal: refusal.map(|it| it.reason().to_owned()).unwrap_or_default(),
    }
}

pub(super) fn evidence_kind(kind: matching::Kind) -> proto::likeness::Kind {
    use proto::likeness::Kind;
    match kind {
        matching::Kind::SameEmail => Kind::SameEmail,
        matching::Kind::SamePhone => Kind::SamePhone,
        matching::Kind::SameIdentifier => Kind::SameIdentifier,
        matching::Kind::SameBirthDate => Kind::SameBirthDate,
        matching::Kind::SameBirthday => Kind::SameBirthday,
        matching::Kind::SameName => Kind::SameName,
        matching::Kind::OtherBirthDate => Kind::OtherBirthDate,
        matching::Kind::OtherGender => Kind::OtherGender,
        matching::Kind::SameSound => Kind::SameSound,
        matching::Kind::SameAddress => Kind::SameAddress,
    }
}

fn kind(kind: LinkKind) -> Kind {
    match kind {
        LinkKind::ByHand => Kind::ByHand,
        LinkKind::VerifiedIdentifier => Kind::VerifiedIdentifier,
        LinkKind::Rule => Kind::Rule,
    }
}
