//! Erasures and legal holds.

use contract::patron::profile::v1 as proto;
use proto::erasure::{Ground as WireGround, ServiceReport, State, Suppression};
use seal::Fingerprint;
use uuid::Uuid;

use super::time;
use crate::app::privacy::replay::Certificate;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::privacy::erasure::{Erasure, ErasureId, Ground, SERVICES};
use crate::domain::privacy::hold::LegalHold;

/// How often services may have been asked; what says more is no certificate.
const MOST_ROUNDS: i32 = 1_000_000_000;

/// An erasure as it stands, each service in it.
pub(crate) fn erasure(erasure: &Erasure, prints: &[Fingerprint]) -> proto::Erasure {
    let service = |name: &&str| {
        let report = erasure.confirmed(name);
        let stores = report.map(|it| it.stores.clone()).unwrap_or_default();
        ServiceReport {
            service: (*name).to_owned(),
            state: state(report.is_some()).into(),
            confirm_time: report.map(|it| time::encode(it.confirmed_at)),
            stores: stores.into_iter().map(erasure::Removed::encode).collect(),
        }
    };
    proto::Erasure {
        erasure_id: erasure.id.0.to_string(),
        customer_ids: erasure
            .customers
            .iter()
            .map(|it| it.0.to_string())
            .collect(),
        ground: i32::from(erasure.ground.number()),
        state: state(erasure.completed_at.is_some()).into(),
        requester: erasure.requested_by.clone(),
        request_time: Some(time::encode(erasure.requested_at)),
        round: erasure.round,
        ask_time: Some(time::encode(erasure.asked_at)),
        complete_time: erasure.completed_at.map(time::encode),
        services: SERVICES.iter().map(service).collect(),
        suppressions: prints.iter().map(suppression).collect(),
    }
}

fn state(is_done: bool) -> State {
    if is_done {
        State::Completed
    } else {
        State::Pending
    }
}

fn suppression(print: &Fingerprint) -> Suppression {
    Suppression {
        key_id: print.key_id.clone(),
        fingerprint: print.bytes.to_vec().into(),
    }
}

/// Why somebody is to be erased.
pub(crate) fn ground(field: &str, sent: WireGround) -> Result<Ground, Invalid> {
    let ground = i16::try_from(i32::from(sent))
        .ok()
        .and_then(Ground::numbered);
    ground.ok_or_else(|| Invalid::new(field, Problem::Missing))
}

/// A certificate that somebody has kept.
pub(crate) fn certificate(sent: proto::Erasure) -> Result<Certificate, Invalid> {
    let ground = ground("ground", sent.ground())?;
    let requested_at = time::decode("request_time", sent.request_time.as_ref())?;
    let id = |field: String, text: &str| {
        Uuid::try_parse(text).map_err(|_| Invalid::new(field, Problem::NotAnId))
    };
    let ids = sent.customer_ids.iter().enumerate();
    let customers = ids.map(|(at, text)| id(format!("customer_ids[{at}]"), text).map(CustomerId));
    let prints = sent.suppressions.iter().enumerate().map(|(at, sent)| {
        let bytes = sent.fingerprint.as_ref().try_into();
        let field = || format!("suppressions[{at}].fingerprint");
        Ok(Fingerprint {
            key_id: sent.key_id.clone(),
            bytes: bytes.map_err(|_| Invalid::new(field(), Problem::NotAHash))?,
        })
    });
    let erasure = Erasure {
        id: ErasureId(id("erasure_id".to_owned(), &sent.erasure_id)?),
        customers: customers.collect::<Result<_, _>>()?,
        ground,
        requested_by: sent.requester.clone(),
        requested_at,
        round: sent.round.clamp(1, MOST_ROUNDS),
        counts_from: 1,
        asked_at: requested_at,
        completed_at: None,
        reports: Vec::new(),
    };
    Ok(Certificate {
        erasure,
        suppressions: prints.collect::<Result<_, _>>()?,
    })
}

/// A legal hold.
pub(crate) fn legal_hold(hold: LegalHold) -> proto::LegalHold {
    let (release_time, releaser, release_reason) = match hold.released {
        Some(released) => (
            Some(time::encode(released.at)),
            released.by,
            released.reason,
        ),
        None => (None, String::new(), String::new()),
    };
    proto::LegalHold {
        legal_hold_id: hold.id.0.to_string(),
        customer_id: hold.customer.0.to_string(),
        reason: hold.reason,
        creator: hold.created_by,
        create_time: Some(time::encode(hold.created_at)),
        release_time,
        releaser,
        release_reason,
    }
}
