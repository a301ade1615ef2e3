//! What happens to every call, whatever it speaks: its identity, its time, its size, its trace in
//! the metrics.

mod body;
mod call;
mod cors;
mod deadline;
mod headers;
mod metrics;
mod observed;
mod pieces;
mod rate;
mod room;
mod token;
mod unread;

pub(crate) use body::{BodyReadError, LimitedBody, body_failure, read_whole};
pub(crate) use call::{Call, Protocol, span};
pub use cors::CorsError;
pub(crate) use cors::layer as cors;
pub(crate) use deadline::{CallDeadline, DeadlineError};
pub(crate) use headers::{REQUEST_ID, for_grpc, for_rest, head_bytes, request_id, secure};
pub(crate) use metrics::Metrics;
pub(crate) use observed::{Answer, ObservedBody};
pub(crate) use pieces::Pieces;
pub(crate) use rate::{RateLimited, RateLimits};
pub(crate) use room::{NoRoom, Room, Shared};
pub(crate) use token::{TokenProblem, authenticate, withhold_key};
pub(crate) use unread::Unread;
