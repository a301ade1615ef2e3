-- Lifecycle stages and value tiers.

-- Where people stand. Written by whoever has the person's row of segment_evaluations locked.
CREATE TABLE customer_ratings (
    customer_id uuid PRIMARY KEY,
    stage       text COLLATE "C" NOT NULL,
    stage_time  timestamptz NOT NULL,
    tier        text COLLATE "C" NOT NULL,
    tier_time   timestamptz NOT NULL
);

CREATE TABLE stage_changes (
    customer_id uuid NOT NULL,
    -- UUIDv7: lists are by descending id, which is descending time.
    change_id   uuid NOT NULL,
    from_stage  text COLLATE "C",
    -- Null: the id was merged with an older one.
    stage       text COLLATE "C",
    change_time timestamptz NOT NULL,
    PRIMARY KEY (customer_id, change_id)
);
COMMENT ON TABLE stage_changes IS 'append-only: which stages customers went through';
CREATE INDEX stage_changes_by_time ON stage_changes (change_time);
