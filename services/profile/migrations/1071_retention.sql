SET LOCAL lock_timeout = '2s';

-- How long kinds of data are kept. What has no row is kept without end.
CREATE TABLE retention_rules (
    -- As the contract numbers them: 1 interactions, 2 contacts, 3 import errors; in other services 4 cases,
    -- 5 survey responses, 6 baskets.
    kind       smallint PRIMARY KEY CHECK (kind BETWEEN 1 AND 6),
    -- 0: without end.
    days       integer NOT NULL CHECK (days >= 0),
    updated_by text NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE retention_runs (
    -- UUIDv7: lists are by descending id.
    run_id   uuid PRIMARY KEY,
    kind     smallint NOT NULL CHECK (kind BETWEEN 1 AND 6),
    days     integer NOT NULL CHECK (days > 0),
    cut_off  timestamptz NOT NULL,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    removed  bigint NOT NULL DEFAULT 0,
    held     bigint NOT NULL DEFAULT 0,
    -- Until then another service may remove by a list of holds that it was given: nobody is put on hold before.
    removing_until timestamptz,
    -- As the contract numbers them; 0: nothing is in its way. Then, and when it is tried again.
    problem  smallint NOT NULL DEFAULT 0 CHECK (problem BETWEEN 0 AND 3),
    resume_at timestamptz
);
-- One at a time of each kind, whichever replica began it.
CREATE UNIQUE INDEX retention_runs_open ON retention_runs (kind) WHERE ended_at IS NULL;
CREATE INDEX retention_runs_of_kind ON retention_runs (kind, begun_at DESC);

-- All ids of people on whom a legal hold is.
CREATE FUNCTION held_ids() RETURNS uuid[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT home), '{}') FROM legal_holds AS h
    JOIN customers AS named ON named.customer_id = h.customer_id
    JOIN customers AS person ON person.customer_id = named.profile_id
    CROSS JOIN LATERAL unnest(person.absorbed || person.customer_id) AS home
    WHERE h.released_at IS NULL
$$;

-- Drops the oldest month of interactions that is wholly before an instant, when nobody in it is held; has everybody in
-- it decided on anew. Answers how many interactions went; NULL when there is no such month. It acts with the rights
-- of the owner, so that the application can drop nothing else.
CREATE FUNCTION drop_interactions_before(cut_off timestamptz, due timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '2s' AS $$
DECLARE
    held CONSTANT uuid[] := held_ids();
    month text;
    is_held boolean;
    gone bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('interactions_month'));
    FOR month IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'interactions'::regclass AND c.relname ~ '^interactions_[0-9]{6}$'
          AND (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month') AT TIME ZONE 'UTC' <= cut_off
        ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE customer_id = ANY ($1))', month)
            INTO is_held USING held;
        CONTINUE WHEN is_held;
        EXECUTE format('ALTER TABLE interactions DETACH PARTITION %I', month);
        EXECUTE format(
            'INSERT INTO segment_evaluations AS known (customer_id, due_time)
             SELECT DISTINCT c.profile_id, $1 FROM %I AS i JOIN customers AS c USING (customer_id) ORDER BY 1
             ON CONFLICT (customer_id) DO UPDATE SET due_time = least(known.due_time, excluded.due_time)', month) USING due;
        EXECUTE format('SELECT count(*) FROM %I', month) INTO gone;
        EXECUTE format('DROP TABLE %I', month);
        RETURN gone;
    END LOOP;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION drop_interactions_before(timestamptz, timestamptz) FROM PUBLIC;
