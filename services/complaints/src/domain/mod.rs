//! What a case is, and what may happen to it when. Pure: no clock, no database, no wire.

mod case;
mod log;
mod names;
mod progress;
mod transitions;

pub(crate) use case::{Case, CaseId, CustomerId, Kind, Opening, Priority, State};
pub(crate) use log::{Change, Entry, Message, MessageKind};
pub(crate) use progress::{Progress, Resolution, Stamp};
pub(crate) use transitions::{Action, Forbidden};
