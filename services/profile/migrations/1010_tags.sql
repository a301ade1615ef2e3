-- Tags.

CREATE TABLE tag_changes (
    -- The id at which it happened. Never changes, also when people are joined.
    customer_id uuid NOT NULL,
    -- UUIDv7: lists are by descending id, which is descending time.
    change_id   uuid NOT NULL,
    tag         text COLLATE "C" NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('added', 'removed')),
    reason      text NOT NULL,
    source      text NOT NULL,
    actor       text NOT NULL,
    change_time timestamptz NOT NULL,
    expire_time timestamptz CHECK (expire_time > change_time),
    PRIMARY KEY (customer_id, change_id),
    CHECK (kind = 'added' OR expire_time IS NULL)
);
COMMENT ON TABLE tag_changes IS 'append-only: what happened to the tags of customers';

-- Of each tag the latest change tells whether the customer has it.
CREATE INDEX tag_changes_latest ON tag_changes (customer_id, tag, change_id DESC);
