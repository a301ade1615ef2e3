//! Entries of a timeline.

use contract::patron::profile::v1 as proto;
use proto::timeline_entry::Activity;

use super::{interactions, orders, returns, time};
use crate::store::timeline::Entry;

/// One entry. A return has no channel: the selling systems do not tell where it was given back.
pub(crate) fn encode(entry: Entry) -> proto::TimelineEntry {
    let (occur_time, entry_id) = entry.place();
    let (record_time, channel, activity) = match entry {
        Entry::Order(order) => {
            let channel = order.order.channel.clone();
            (
                order.record_time,
                channel,
                Activity::Order(orders::encode(order)),
            )
        }
        Entry::Return(applied) => {
            let record_time = applied.record_time;
            (
                record_time,
                String::new(),
                Activity::Return(returns::encode(applied)),
            )
        }
        Entry::Interaction(it) => {
            let (record_time, channel) = (it.record_time, it.interaction.channel.clone());
            let activity = Activity::Interaction(interactions::encode(it));
            (record_time, channel, activity)
        }
    };
    proto::TimelineEntry {
        entry_id: entry_id.to_string(),
        occur_time: Some(time::encode(occur_time)),
        record_time: Some(time::encode(record_time)),
        channel,
        activity: Some(activity),
    }
}
