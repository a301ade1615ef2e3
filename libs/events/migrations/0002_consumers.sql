SET LOCAL lock_timeout = '2s';

-- Where this service stands in each shard of each feed that it consumes, and which replica works on
-- it. Moved in the transaction of the effect, by whoever holds the lease.
CREATE TABLE consumer_cursors (
    source text NOT NULL,
    shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
    -- Everything up to here has been dealt with. 0, 0: begin with the oldest that is kept.
    transaction_id bigint NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0,
    updated_at timestamptz,
    lease_holder text,
    -- By the clock of this database, the only one that all replicas share.
    lease_expires_at timestamptz,
    -- Set by a rewind: up to this position, what happened before that time is passed over.
    rewound_since timestamptz,
    rewound_transaction_id bigint,
    rewound_position bigint,
    PRIMARY KEY (source, shard)
) WITH (fillfactor = 50);

-- The replicas that share the shards of a feed, as long as they are heard of.
CREATE TABLE consumer_replicas (
    source text NOT NULL,
    holder text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (source, holder)
);

-- The last version of each subject that has been dealt with: applied, or parked.
CREATE TABLE consumer_subjects (
    subject_id uuid NOT NULL,
    source text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (subject_id, source)
) WITH (fillfactor = 70);

-- Events that could not be applied, and those that wait behind them.
CREATE TABLE dead_letters (
    -- The customer, or the subject of an event that concerns no customer.
    parking_key uuid NOT NULL,
    -- The order of parking, which within a key is the order of application.
    sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    shard smallint NOT NULL,
    event_id uuid NOT NULL,
    -- The encoded patron.events.v1.Event as it was received; empty once given up.
    event bytea NOT NULL,
    failed boolean NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    parked_at timestamptz NOT NULL,
    given_up_at timestamptz,
    given_up_by text,
    given_up_reason text,
    PRIMARY KEY (parking_key, sequence)
);

CREATE UNIQUE INDEX dead_letters_event ON dead_letters (event_id, source);
CREATE INDEX dead_letters_parked ON dead_letters (sequence) WHERE given_up_at IS NULL;
