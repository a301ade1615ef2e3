//! Where a service stands in its feeds, and sending it back.

use chassis::Refusal;
use contract::patron::events::v1::ConsumerCursor;
use contract::patron::r#type::v1::ErrorReason;
use contract::time;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use tonic::Code;

use super::{Inner, refuse};
use crate::Position;

struct Row {
    source: String,
    shard: i16,
    transaction_id: i64,
    position: i64,
    updated_at: Option<jiff_sqlx::Timestamp>,
    holder: Option<String>,
}

/// All cursors, by source and shard.
pub(super) async fn list(admin: &Inner) -> Result<Vec<ConsumerCursor>, Refusal> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT source, shard, transaction_id, position, updated_at AS "updated_at?",
               CASE WHEN lease_expires_at >= clock_timestamp() THEN lease_holder END AS "holder?"
           FROM consumer_cursors ORDER BY source, shard"#
    );
    let rows = rows.fetch_all(admin.db.pool()).await.map_err(refuse)?;
    let cursor = |row: Row| ConsumerCursor {
        source: row.source,
        shard: u32::from(row.shard.cast_unsigned()),
        position: Some(Position::from_columns(row.transaction_id, row.position).into()),
        update_time: row.updated_at.map(|at| time::timestamp(at.to_jiff())),
        lease_holder: row.holder.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(cursor).collect())
}

/// Sends all shards of a feed back to the oldest event that is kept, and counts them. Events that
/// happened before `since` are passed over, as far as the shard had come before.
///
/// Taking the leases away makes whoever follows now begin anew from here.
pub(super) async fn rewind(admin: &Inner, source: &str, since: Timestamp) -> Result<u32, Refusal> {
    if !admin.consumers.contains_key(source) {
        let message = "this service does not consume that feed";
        return Err(
            Refusal::new(Code::NotFound, ErrorReason::FeedUnknown, message)
                .metadata("source", source),
        );
    }
    let rewound = sqlx::query!(
        "UPDATE consumer_cursors AS cursor
         SET transaction_id = 0, position = 0, lease_holder = NULL, lease_expires_at = NULL,
             rewound_since = CASE WHEN at.is_rewound THEN least(rewound_since, $2) ELSE $2 END,
             rewound_transaction_id =
                 CASE WHEN at.is_rewound THEN rewound_transaction_id ELSE cursor.transaction_id END,
             rewound_position =
                 CASE WHEN at.is_rewound THEN rewound_position ELSE cursor.position END
         FROM (SELECT shard, coalesce((transaction_id, position)
                   < (rewound_transaction_id, rewound_position), false) AS is_rewound
               FROM consumer_cursors WHERE source = $1 ORDER BY shard FOR UPDATE) AS at
         WHERE cursor.source = $1 AND cursor.shard = at.shard",
        source,
        since.to_sqlx() as jiff_sqlx::Timestamp,
    );
    let rewound = rewound
        .execute(admin.db.pool())
        .await
        .map_err(refuse)?
        .rows_affected();
    tracing::warn!(source, %since, shards = rewound, "a consumer was sent back");
    Ok(u32::try_from(rewound).unwrap_or(u32::MAX))
}
