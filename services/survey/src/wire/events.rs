//! What the service announces. Nothing that people wrote is in it.

use contract::patron::survey::v1 as wire;
use wire::response_submitted::Sentiment as WireSentiment;

use super::invitations::invitation;
use super::questionnaires::metric;
use crate::domain::{Accepted, Invitation, Metric, Response, Sentiment};

/// A customer is asked.
pub(crate) fn created(created: &Invitation) -> wire::InvitationCreated {
    wire::InvitationCreated {
        invitation: Some(invitation(created)),
    }
}

/// A customer has answered.
pub(crate) fn submitted(
    response: &Response,
    answered: &Invitation,
    measured: Metric,
    accepted: &Accepted,
) -> wire::ResponseSubmitted {
    wire::ResponseSubmitted {
        response_id: response.id.0.to_string(),
        invitation: Some(invitation(answered)),
        metric: metric(measured).into(),
        rating: accepted.rating,
        sentiment: sentiment(accepted.sentiment).into(),
        has_text: accepted.has_text,
    }
}

fn sentiment(sentiment: Option<Sentiment>) -> WireSentiment {
    match sentiment {
        None => WireSentiment::Unspecified,
        Some(Sentiment::Detractor) => WireSentiment::Detractor,
        Some(Sentiment::Passive) => WireSentiment::Passive,
        Some(Sentiment::Promoter) => WireSentiment::Promoter,
    }
}
