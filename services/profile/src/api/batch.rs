//! Many activities in one call: each is refused or recorded on its own.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use prost::Message as _;
use proto::activity_result::Outcome as WireOutcome;

use crate::app::App;
use crate::app::intake::{Activity, Item, Newcomer, Recorded, Who};
use crate::domain::book::Outcome;
use crate::domain::identifier;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::points::phone::Country;
use crate::metrics::Intake;
use crate::{refusals, wire};

/// Records the items in one transaction; those that make no sense in themselves never get there.
pub(super) async fn record(
    app: &App,
    metrics: &Intake,
    deadline: Deadline,
    sent: Vec<proto::ActivityInput>,
) -> Result<Vec<proto::ActivityResult>, Refusal> {
    let read = (app.now(), app.country);
    let mut items = Vec::with_capacity(sent.len());
    let mut refused = Vec::with_capacity(sent.len());
    for input in sent {
        match decode(input, read) {
            Ok(item) => {
                items.push(item);
                refused.push(None);
            }
            Err(refusal) => refused.push(Some(refusal)),
        }
    }
    let (verdicts, ()) = if items.is_empty() {
        (Vec::new(), ())
    } else {
        app.record(deadline, &items, |_| ()).await?
    };
    for (item, verdict) in items.iter().zip(&verdicts) {
        metrics.count(item.activity.kind(), verdict.as_ref().ok());
    }
    let mut verdicts = verdicts.into_iter();
    let outcomes = refused.into_iter().map(|refusal| match refusal {
        Some(refusal) => Err(refusal),
        None => match verdicts.next() {
            Some(verdict) => verdict.map_err(|why| refusals::refused(&why)),
            None => Err(Refusal::internal(NoVerdict)),
        },
    });
    Ok((0..)
        .zip(outcomes)
        .map(|(index, outcome)| result(index, outcome))
        .collect())
}

fn result(index: i32, outcome: Result<Recorded, Refusal>) -> proto::ActivityResult {
    match outcome {
        Ok(Recorded { customer, outcome }) => proto::ActivityResult {
            index,
            customer_id: customer.0.to_string(),
            outcome: encode(outcome).into(),
            error: None,
        },
        Err(refusal) => proto::ActivityResult {
            index,
            customer_id: String::new(),
            outcome: WireOutcome::Refused.into(),
            error: tonic_types::Status::decode(refusal.to_stored()).ok(),
        },
    }
}

fn encode(outcome: Outcome) -> WireOutcome {
    match outcome {
        Outcome::Recorded => WireOutcome::Recorded,
        Outcome::AlreadyRecorded => WireOutcome::AlreadyRecorded,
        Outcome::AwaitingOrder => WireOutcome::AwaitingOrder,
    }
}

fn decode(
    input: proto::ActivityInput,
    (now, country): (Timestamp, Option<Country>),
) -> Result<Item, Refusal> {
    use proto::activity_input::Activity as Sent;
    let proto::ActivityInput {
        identifier,
        region_code,
        activity,
    } = input;
    let (field, customer_id, activity) = match activity {
        Some(Sent::Order(sent)) => ("order", sent.customer_id.clone(), order(sent, now)?),
        Some(Sent::Return(sent)) => ("return", sent.customer_id.clone(), give_back(sent, now)?),
        None => return Err(Invalid::new("activity", Problem::Missing).into()),
    };
    let who = match identifier {
        None => Who::Customer(wire::customer_id(
            &format!("{field}.customer_id"),
            &customer_id,
        )?),
        Some(_) if !customer_id.is_empty() => {
            return Err(Invalid::new("identifier", Problem::Ambiguous).into());
        }
        Some(identifier) => {
            identifier::check(|| "identifier.value".to_owned(), &identifier.value)?;
            let identifier = wire::customers::decode_identifier(identifier);
            Who::Identified(Newcomer::stated(identifier, region_code, country))
        }
    };
    Ok(Item { who, activity })
}

/// An order that was sent, when it makes sense in itself.
pub(super) fn order(sent: proto::Order, now: Timestamp) -> Result<Activity, Refusal> {
    let order = wire::orders::decode(sent).and_then(|draft| draft.check(now));
    Ok(Activity::Order(
        order.map_err(|invalid| invalid.within("order"))?,
    ))
}

/// A return that was sent, when it makes sense in itself.
pub(super) fn give_back(sent: proto::Return, now: Timestamp) -> Result<Activity, Refusal> {
    let content = wire::returns::decode(sent).and_then(|draft| draft.check(now));
    Ok(Activity::Return(
        content.map_err(|invalid| invalid.within("return"))?,
    ))
}

/// Fewer verdicts than items.
#[derive(Debug, thiserror::Error)]
#[error("the intake has answered fewer items than it was given")]
struct NoVerdict;
