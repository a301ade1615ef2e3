-- The record of who did and saw what, chained by hashes.
SET LOCAL lock_timeout = '2s';

-- One chain for each process that has written, so that replicas never wait for each other. The head
-- moves with each batch; the entries never change.
CREATE TABLE audit_chains (
    chain_id uuid PRIMARY KEY,
    -- Part of what the first entry is chained to.
    started_at timestamptz NOT NULL,
    -- Number and hash of the last entry.
    sequence bigint NOT NULL CHECK (sequence > 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);

CREATE TABLE audit_entries (
    chain_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    -- Never earlier than that of the entry before it.
    recorded_at timestamptz NOT NULL,
    called_at timestamptz NOT NULL,
    actor text NOT NULL,
    on_behalf_of text NOT NULL,
    method text NOT NULL,
    -- 1 read, 2 write.
    kind smallint NOT NULL,
    -- How it ended: a google.rpc.Code.
    code smallint NOT NULL,
    customer_ids uuid[] NOT NULL,
    resources text[] NOT NULL,
    read_fields text[] NOT NULL,
    written_fields text[] NOT NULL,
    purpose text NOT NULL,
    trace_id text NOT NULL,
    partial boolean NOT NULL,
    -- Of all columns above and of the hash before it.
    hash bytea NOT NULL,
    PRIMARY KEY (chain_id, sequence, recorded_at)
) PARTITION BY RANGE (recorded_at);

COMMENT ON TABLE audit_entries IS 'append-only: who did and saw what, one partition per month';

CREATE INDEX audit_entries_by_time ON audit_entries (recorded_at, chain_id, sequence);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor, recorded_at);
CREATE INDEX audit_entries_by_principal ON audit_entries (on_behalf_of, recorded_at)
    WHERE on_behalf_of <> '';
CREATE INDEX audit_entries_by_customer ON audit_entries USING gin (customer_ids);

-- Takes the entries of a month for which no partition was made in time. Nothing is ever lost.
CREATE TABLE audit_entries_rest PARTITION OF audit_entries DEFAULT;

-- Where the chains went on when the entries before were past their time and dropped.
CREATE TABLE audit_anchors (
    chain_id uuid NOT NULL,
    -- The last entry that was dropped.
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (chain_id, sequence)
);

COMMENT ON TABLE audit_anchors IS 'append-only: the last dropped entry of each chain';

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
        partition := 'audit_entries_' || to_char(month, 'YYYYMM');
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        -- Attached, not created in place: that would keep all readers and writers out.
        BEGIN
            EXECUTE format('CREATE TABLE %I (LIKE audit_entries INCLUDING DEFAULTS
                INCLUDING CONSTRAINTS INCLUDING INDEXES)', partition);
            EXECUTE format('ALTER TABLE audit_entries ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                partition, month, (month + interval '1 month')::date);
            created := created + 1;
        EXCEPTION WHEN check_violation THEN
            -- This month has begun in audit_entries_rest, and stays there.
            NULL;
        END;
    END LOOP;
    FOR partition IN
        SELECT child.relname FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'audit_entries'::regclass AND child.relname ~ '^audit_entries_[0-9]{6}$'
          AND to_date(right(child.relname, 6), 'YYYYMM') < oldest
        ORDER BY child.relname
    LOOP
        BEGIN
            EXECUTE format('INSERT INTO audit_anchors (chain_id, sequence, hash)
                SELECT DISTINCT ON (chain_id) chain_id, sequence, hash FROM %I
                ORDER BY chain_id, sequence DESC ON CONFLICT DO NOTHING', partition);
            EXECUTE format('DROP TABLE %I', partition);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available THEN
            -- In use for longer than others may be kept waiting: another time.
            EXIT;
        END;
    END LOOP;
    INSERT INTO audit_anchors (chain_id, sequence, hash)
    SELECT DISTINCT ON (chain_id) chain_id, sequence, hash FROM audit_entries_rest
    WHERE recorded_at < oldest ORDER BY chain_id, sequence DESC
    ON CONFLICT DO NOTHING;
    DELETE FROM audit_entries_rest WHERE recorded_at < oldest;
END
$$;

REVOKE ALL ON FUNCTION audit_upkeep(integer, integer) FROM PUBLIC;

SELECT audit_upkeep(2, 36);
