//! How services tell each other what happened.
//!
//! | Part | What it does |
//! |---|---|
//! | [`Outbox`] | writes events in the business transaction, so an event exists if and only if it happened |
//! | [`FeedServer`] | serves them in commit-safe order to anybody who follows |
//! | [`Consumer`] | applies another service's events to this one, each exactly once |
//! | [`AdminServer`] | dead letters and cursors, for operators |
//!
//! [`attach`] adds all of it to a role. A service writes a [`Handler`] and calls
//! [`Outbox::append`].
//!
//! # Why nothing is lost
//! A follower that remembers the highest sequence number loses events: a transaction that took its
//! number earlier can commit later. The feed reads in the order of (transaction id, position), and
//! only below the *horizon*, the oldest transaction that is still open: below it nothing can come
//! any more. The horizon is that of the whole PostgreSQL cluster, so a writer left open anywhere in
//! it delays every feed; `events_feed_horizon_age_seconds` tells, and the log names who it is.
//!
//! # Why order is kept
//! All events of a customer are in one shard ([`shard_of`]), a shard has one consumer at a time, and
//! each subject's events are numbered without gaps. A transaction may have its id before it waits
//! for the subject, so two events of a subject can stand in the feed the wrong way round: the
//! consumer holds the second until the first has come. Every event carries a *ceiling*, read while
//! its subject was locked: its predecessors are in transactions below that. Once the horizon has
//! reached the ceiling and a predecessor is still missing, it will never come, and the consumer goes
//! on without it.
//!
//! # Why nothing happens twice
//! The cursor, the subjects' versions and the effect are written in one transaction. It locks the
//! cursors of its shards first and looks whether their leases are still its own, so of two replicas
//! that both believe to have a shard only one has an effect.
//!
//! # What a failing event does
//! It is tried again, and then parked in `dead_letters` together with all later events of its
//! customer, whose order is kept. Others go on. Outages of the database park nothing.

mod admin;
mod attach;
mod consumer;
mod feed;
mod follow;
mod outbox;
mod position;
mod shard;

use sqlx::migrate::Migrator;

pub use admin::AdminServer;
pub use attach::{Parts, attach};
pub use consumer::{
    Consumer, ConsumerConfig, ConsumerMetrics, Handler, HandlerError, Incoming, MalformedEvent,
    MalformedPayload,
};
pub use feed::{FeedConfig, FeedServer};
pub use follow::{Feed, Feeds, Responses, UnknownFeed};
pub use outbox::{MAX_PAYLOAD_BYTES, NewEvent, Outbox, OutboxError};
pub use position::Position;
pub use shard::{SHARDS, shard_of};

/// The tables of outbox and consumers: versions 1 to 99 of a service's migrations.
pub static MIGRATIONS: Migrator = sqlx::migrate!();
