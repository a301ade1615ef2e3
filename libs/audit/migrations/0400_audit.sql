-- The record of who did and saw what, chained by hashes.
SET LOCAL lock_timeout = '2s';

-- One chain for each process that has written, so that replicas never wait for each other. The head
-- moves with each batch; the batches never change.
CREATE TABLE audit_chains (
    chain_id uuid PRIMARY KEY,
    -- Part of what the first batch is chained to.
    started_at timestamptz NOT NULL,
    -- Number of the last entry, and hash of the batch that it stands in.
    sequence bigint NOT NULL CHECK (sequence > 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);

-- Calls that were put on record together: under load many share a row and its places in the indexes.
CREATE TABLE audit_batches (
    chain_id uuid NOT NULL,
    -- Numbers of the first and the last entry in the chain.
    first_sequence bigint NOT NULL CHECK (first_sequence > 0),
    last_sequence bigint NOT NULL CHECK (last_sequence > 0),
    -- Never earlier than that of the batch before it.
    recorded_at timestamptz NOT NULL,
    -- Who and whom the entries name, each once, in ascending order.
    actors text[] NOT NULL,
    customer_ids uuid[] NOT NULL,
    -- Packed. Who called, what, when, whose and which fields, why and how it ended.
    entries bytea NOT NULL,
    -- Of the hash before it and of all other columns; actors and customer_ids follow from the entries.
    hash bytea NOT NULL,
    PRIMARY KEY (chain_id, first_sequence, recorded_at)
) PARTITION BY RANGE (recorded_at);

COMMENT ON TABLE audit_batches IS 'append-only: who did and saw what, one partition per month';

CREATE INDEX audit_batches_by_time ON audit_batches (recorded_at, chain_id, first_sequence);
CREATE INDEX audit_batches_by_subject ON audit_batches USING gin (customer_ids, actors);

-- Takes the batches of a month for which no partition was made in time. Nothing is ever lost. What fits
-- into a page of the table stays there, as it is: it is read seldom, and compressing it costs each call.
CREATE TABLE audit_batches_rest PARTITION OF audit_batches DEFAULT WITH (toast_tuple_target = 8160);

-- Where the chains went on when the entries before were past their time and dropped.
CREATE TABLE audit_anchors (
    chain_id uuid NOT NULL,
    -- Number of the last entry that was dropped, and hash of its batch.
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (chain_id, sequence)
);

COMMENT ON TABLE audit_anchors IS 'append-only: where what was dropped of each chain ended';

-- Makes the partitions of this month and the `ahead` that follow, and drops what is more than `keep`
-- months old. It acts with the rights of the owner, so that the application needs none; nobody can
-- have it drop what is younger than half a year.
CREATE FUNCTION audit_upkeep(ahead integer, keep integer, OUT created integer, OUT dropped integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '2s' AS $$
DECLARE
    this_month CONSTANT date := date_trunc('month', clock_timestamp())::date;
    oldest CONSTANT date := (this_month - make_interval(months => keep))::date;
    month date;
    partition text;
BEGIN
    IF ahead NOT BETWEEN 0 AND 12 OR keep NOT BETWEEN 6 AND 1200 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'ahead must be 0 to 12, keep 6 to 1200 months';
    END IF;
    created := 0;
    dropped := 0;
    -- Replicas do this at the same time; one is enough.
    IF NOT pg_try_advisory_xact_lock(hashtext('audit_upkeep')) THEN
        RETURN;
    END IF;
    FOR month IN
        SELECT (this_month + make_interval(months => n))::date FROM generate_series(0, ahead) AS n
    LOOP
        partition := 'audit_batches_' || to_char(month, 'YYYYMM');
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        -- Attached, not created in place: that would keep all readers and writers out.
        BEGIN
            EXECUTE format('CREATE TABLE %I (LIKE audit_batches INCLUDING DEFAULTS
                INCLUDING CONSTRAINTS INCLUDING INDEXES) WITH (toast_tuple_target = 8160)', partition);
            EXECUTE format('ALTER TABLE audit_batches ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                partition, month, (month + interval '1 month')::date);
            created := created + 1;
        EXCEPTION WHEN check_violation THEN
            -- This month has begun in audit_batches_rest, and stays there.
            NULL;
        END;
    END LOOP;
    FOR partition IN
        SELECT child.relname FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'audit_batches'::regclass AND child.relname ~ '^audit_batches_[0-9]{6}$'
          AND to_date(right(child.relname, 6), 'YYYYMM') < oldest
        ORDER BY child.relname
    LOOP
        BEGIN
            EXECUTE format('INSERT INTO audit_anchors (chain_id, sequence, hash)
                SELECT DISTINCT ON (chain_id) chain_id, last_sequence, hash FROM %I
                ORDER BY chain_id, first_sequence DESC ON CONFLICT DO NOTHING', partition);
            EXECUTE format('DROP TABLE %I', partition);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available THEN
            -- In use for longer than others may be kept waiting: another time.
            EXIT;
        END;
    END LOOP;
    INSERT INTO audit_anchors (chain_id, sequence, hash)
    SELECT DISTINCT ON (chain_id) chain_id, last_sequence, hash FROM audit_batches_rest
    WHERE recorded_at < oldest ORDER BY chain_id, first_sequence DESC
    ON CONFLICT DO NOTHING;
    DELETE FROM audit_batches_rest WHERE recorded_at < oldest;
END
$$;

REVOKE ALL ON FUNCTION audit_upkeep(integer, integer) FROM PUBLIC;

SELECT audit_upkeep(2, 36);
