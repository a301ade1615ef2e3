//! One follower's place in the feed.

use contract::patron::events::v1::{FollowRequest, FollowResponse, Progress, ShardCursor};

use super::page::{Page, Row};
use crate::{Position, SHARDS};

/// How far one follower has come. Pure: the pages come from outside.
#[derive(Debug)]
pub(super) struct Follower {
    /// Where each shard goes on; `None`: the shard is not followed.
    after: [Option<Position>; SHARDS as usize],
    /// Everything up to here has been read.
    cursor: Position,
    /// The highest ceiling of the events that were sent.
    ceiling: u64,
}

impl Follower {
    /// Begins behind the shard that is furthest back. Events that others of its shards have dealt
    /// with are read again, but not sent.
    pub(super) fn new(request: &FollowRequest) -> Self {
        let mut after = [None; SHARDS as usize];
        for ShardCursor {
            shard,
            after: position,
        } in &request.cursors
        {
            let shard = usize::try_from(*shard).ok();
            if let Some(slot) = shard.and_then(|shard| after.get_mut(shard)) {
                *slot = Some(position.map_or(Position::START, Position::from));
            }
        }
        let cursor = after.iter().flatten().min().copied().unwrap_or_default();
        Self {
            after,
            cursor,
            ceiling: 0,
        }
    }

    /// Where the next page begins.
    pub(super) fn cursor(&self) -> Position {
        self.cursor
    }

    /// The shards that are followed.
    pub(super) fn shards(&self) -> Vec<i16> {
        let followed = (0_i16..)
            .zip(&self.after)
            .filter(|(_, after)| after.is_some());
        followed.map(|(shard, _)| shard).collect()
    }

    /// Moves over a page and makes the response of it.
    pub(super) fn take(&mut self, page: Page) -> FollowResponse {
        let last = page.rows.last().map_or(self.cursor, |row| row.position);
        // Of a full page's last transaction there may be more.
        let horizon = if page.is_full {
            last.transaction_id
        } else {
            page.horizon
        };
        self.cursor = last.max(Position::before_transaction(horizon));
        let mut events = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            if !self.is_behind(&row) {
                continue;
            }
            self.ceiling = self.ceiling.max(row.ceiling);
            events.extend(row.event);
        }
        FollowResponse {
            events,
            progress: Some(Progress {
                horizon,
                ceiling: self.ceiling,
            }),
        }
    }

    fn is_behind(&self, row: &Row) -> bool {
        let after = self.after.get(usize::from(row.shard)).copied().flatten();
        after.is_some_and(|after| after < row.position)
    }
}

#[cfg(test)]
mod tests {
    use contract::patron::events::v1::Event;

    use super::*;

    fn at(transaction_id: u64, sequence: u64) -> Position {
        Position {
            transaction_id,
            sequence,
        }
    }

    fn row(position: Position, shard: u8) -> Row {
        let event = Event {
            position: Some(position.into()),
            ..Event::default()
        };
        Row {
            position,
            ceiling: position.transaction_id + 10,
            shard,
            event: Some(event),
        }
    }

    fn follower(cursors: &[(u32, Option<Position>)]) -> Follower {
        let cursor = |&(shard, after): &(u32, Option<Position>)| ShardCursor {
            shard,
            after: after.map(Into::into),
        };
        let cursors = cursors.iter().map(cursor).collect();
        Follower::new(&FollowRequest {
            consumer: String::new(),
            cursors,
        })
    }

    #[test]
    fn each_shard_goes_on_from_its_own_cursor_in_one_pass() {
        let mut follower = follower(&[(1, Some(at(5, 1))), (2, Some(at(9, 4)))]);
        assert_eq!(
            (follower.cursor(), follower.shards()),
            (at(5, 1), vec![1, 2])
        );
        let rows = vec![
            row(at(6, 2), 1),
            row(at(9, 4), 2),
            row(at(9, 5), 3),
            row(at(9, 6), 2),
        ];
        let response = follower.take(Page {
            rows,
            horizon: 20,
            is_full: false,
        });
        let sent: Vec<_> = response
            .events
            .iter()
            .map(|e| e.position.unwrap().sequence)
            .collect();
        assert_eq!(sent, [2, 6]);
        assert_eq!(
            response.progress,
            Some(Progress {
                horizon: 20,
                ceiling: 19
            })
        );
        assert_eq!(follower.cursor(), at(20, 0));
    }

    #[test]
    fn a_full_page_promises_nothing_of_its_last_transaction() {
        let mut follower = follower(&[(1, None)]);
        let page = Page {
            rows: vec![row(at(6, 2), 1)],
            horizon: 20,
            is_full: true,
        };
        assert_eq!(follower.take(page).progress.unwrap().horizon, 6);
        assert_eq!(follower.cursor(), at(6, 2));
    }
}
