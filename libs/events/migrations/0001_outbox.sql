SET LOCAL lock_timeout = '2s';

-- How many events each subject has had. Raising it takes the row's lock until the transaction ends,
-- which makes the versions of a subject dense: the next one is given out only when this one is
-- committed, and given out again when it is not.
CREATE TABLE outbox_subjects (
    subject_id uuid PRIMARY KEY,
    -- The shard of its first event. A subject stays in it, since a shard is what consumers order.
    shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
    version bigint NOT NULL CHECK (version > 0)
) WITH (fillfactor = 70);

CREATE SEQUENCE outbox_position;

-- One past the highest transaction that has ended, at this moment and not when the statement began:
-- in a volatile function each expression has a snapshot of its own.
CREATE FUNCTION outbox_ceiling() RETURNS xid8
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN pg_snapshot_xmax(pg_current_snapshot());
END
$$;

CREATE TABLE outbox (
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    position bigint NOT NULL DEFAULT nextval('outbox_position'),
    -- Read while the subject's lock is held: the events before this one, in its subject, were
    -- written by transactions below it.
    ceiling xid8 NOT NULL DEFAULT outbox_ceiling(),
    shard smallint NOT NULL,
    event_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    subject_version bigint NOT NULL,
    customer_id uuid,
    type text NOT NULL,
    schema_version integer NOT NULL,
    traceparent text NOT NULL,
    occurred_at timestamptz NOT NULL,
    -- By the clock of the database, not that of the transaction's begin: never before the
    -- transaction had its id. The feed leaves out partitions by that.
    written_on date NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')::date,
    payload bytea NOT NULL
) PARTITION BY RANGE (written_on);

COMMENT ON TABLE outbox IS 'append-only: what this service has announced, one partition per day';

CREATE INDEX outbox_feed ON outbox (transaction_id, position);

-- Takes the events of a day for which no partition was made in time. Nothing is ever lost.
CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;

-- The events after a position, below the commit horizon, in the order of the feed; one row with
-- nothing but the horizon when there are none. Rows and horizon are of one moment: a stable function
-- has the snapshot of the statement that calls it. Events of other than the given shards come
-- without their payload, so that the reader moves over them.
--
-- A function for its plan: planning over all partitions costs more than the reading itself, and
-- left to itself PostgreSQL would do it each time. `since` leaves out older partitions.
CREATE FUNCTION outbox_page(
    after_transaction_id xid8, after_position bigint, since date, shards smallint[],
    most bigint, most_bytes bigint
) RETURNS TABLE (
    horizon xid8, found bigint, transaction_id xid8, "position" bigint, ceiling xid8, shard smallint,
    event_id uuid, subject_id uuid, subject_version bigint, customer_id uuid, type text,
    schema_version integer, traceparent text, occurred_at timestamptz, payload bytea
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    present CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
BEGIN
    IF after_transaction_id < present THEN
        RETURN QUERY
        SELECT present, page.found, page.transaction_id, page.position, page.ceiling, page.shard,
            page.event_id, page.subject_id, page.subject_version, page.customer_id, page.type,
            page.schema_version, page.traceparent, page.occurred_at,
            CASE WHEN page.shard = ANY (shards) THEN page.payload END
        FROM (
            SELECT *, count(*) OVER () AS found,
                sum(octet_length(payload)) OVER (ORDER BY transaction_id, position)
                    - octet_length(payload) AS bytes_before
            FROM (
                SELECT * FROM outbox
                WHERE (transaction_id, position) > (after_transaction_id, after_position)
                  AND transaction_id < present
                  AND written_on >= since
                ORDER BY transaction_id, position
                LIMIT most
            ) AS limited
        ) AS page
        WHERE page.bytes_before < most_bytes
        ORDER BY page.transaction_id, page.position;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    horizon := present;
    RETURN NEXT;
END
$$;

-- Makes the partitions of today and the `ahead` days that follow, and drops those of more than
-- `keep` days ago. It acts with the rights of the owner, so that the application needs none.
CREATE FUNCTION outbox_upkeep(ahead integer, keep integer, OUT created integer, OUT dropped integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '2s' AS $$
DECLARE
    today CONSTANT date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    day date;
    partition text;
BEGIN
    IF ahead NOT BETWEEN 0 AND 31 OR keep NOT BETWEEN 1 AND 36500 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'ahead must be 0 to 31, keep 1 to 36500 days';
    END IF;
    created := 0;
    dropped := 0;
    -- Replicas do this at the same time; one is enough.
    IF NOT pg_try_advisory_xact_lock(hashtext('outbox_upkeep')) THEN
        RETURN;
    END IF;
    FOR day IN SELECT today + n FROM generate_series(0, ahead) AS n LOOP
        partition := 'outbox_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        -- Attached, not created in place: that would keep all readers and writers out.
        BEGIN
            EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS INCLUDING INDEXES)',
                partition);
            EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                partition, day, day + 1);
            created := created + 1;
        EXCEPTION WHEN check_violation THEN
            -- This day has begun in outbox_rest, and stays there.
            NULL;
        END;
    END LOOP;
    FOR partition IN
        SELECT child.relname FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'outbox'::regclass AND child.relname ~ '^outbox_[0-9]{8}$'
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < today - keep
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE %I', partition);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available THEN
            -- In use for longer than others may be kept waiting: another time.
            EXIT;
        END;
    END LOOP;
    DELETE FROM outbox_rest WHERE written_on < today - keep;
END
$$;

REVOKE ALL ON FUNCTION outbox_ceiling(), outbox_upkeep(integer, integer),
    outbox_page(xid8, bigint, date, smallint[], bigint, bigint) FROM PUBLIC;

SELECT outbox_upkeep(3, 30);
