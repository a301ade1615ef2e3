CREATE TABLE outbox (
    event_id bigint NOT NULL,
    occurred_at timestamptz NOT NULL
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE outbox IS 'append-only: events as they happened';
CREATE TABLE outbox_2020 PARTITION OF outbox FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
