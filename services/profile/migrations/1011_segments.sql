-- Segments.
--
-- Who belongs to a segment is decided for one person at a time, for all segments at once, by whoever
-- has the person's row of segment_evaluations locked. Whoever changes what is known of a person sets
-- that row due in the transaction of the change: so a decision sees the change, or is taken again.

CREATE TABLE segments (
    segment_id   text COLLATE "C" PRIMARY KEY,
    version      bigint NOT NULL CHECK (version >= 1),
    display_name text NOT NULL,
    description  text NOT NULL,
    condition    text NOT NULL,
    archived     boolean NOT NULL DEFAULT false,
    create_time  timestamptz NOT NULL,
    update_time  timestamptz NOT NULL
);

CREATE TABLE segment_versions (
    segment_id   text COLLATE "C" NOT NULL,
    version      bigint NOT NULL CHECK (version >= 1),
    display_name text NOT NULL,
    description  text NOT NULL,
    condition    text NOT NULL,
    actor        text NOT NULL,
    create_time  timestamptz NOT NULL,
    PRIMARY KEY (segment_id, version)
);
COMMENT ON TABLE segment_versions IS 'append-only: what segments were defined as';

-- When a person is decided on next. One row for each customer.
CREATE TABLE segment_evaluations (
    customer_id uuid PRIMARY KEY,
    -- Null: time alone changes nothing.
    due_time    timestamptz
);
CREATE INDEX segment_evaluations_due ON segment_evaluations (due_time) WHERE due_time IS NOT NULL;

CREATE TABLE segment_members (
    customer_id uuid NOT NULL,
    segment_id  text COLLATE "C" NOT NULL,
    enter_time  timestamptz NOT NULL,
    PRIMARY KEY (customer_id, segment_id)
);
CREATE INDEX segment_members_by_segment ON segment_members (segment_id, customer_id);

-- The size of a segment is the sum of its rows here. Whoever changes memberships adds a row, so nobody
-- waits for anybody; from time to time many are replaced by their sum.
CREATE TABLE segment_size_changes (
    segment_id text COLLATE "C" NOT NULL,
    change_id  uuid NOT NULL,
    members    bigint NOT NULL,
    PRIMARY KEY (segment_id, change_id)
);

-- Definitions by which not all customers have been looked at yet.
CREATE TABLE segment_sweeps (
    segment_id text COLLATE "C" PRIMARY KEY,
    -- The last one that was set due.
    after_id   uuid NOT NULL,
    -- Only who is a member: the segment is archived.
    leaving    boolean NOT NULL
);

-- Ids are random behind their time, so those whose ends are the least are a fair sample.
CREATE INDEX customers_sample ON customers (substring(uuid_send(customer_id) FROM 13))
    WHERE profile_id = customer_id;
