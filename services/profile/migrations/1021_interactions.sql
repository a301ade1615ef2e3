-- What happens between customers and the company besides orders and returns.
SET LOCAL lock_timeout = '2s';

CREATE TABLE interactions (
    -- The id under which it came in. Never changes, also when people are joined.
    customer_id      uuid NOT NULL,
    occur_time       timestamptz NOT NULL,
    entry_id         uuid NOT NULL,
    source           text COLLATE "C" NOT NULL,
    interaction_id   text COLLATE "C" NOT NULL,
    kind             text NOT NULL CHECK (kind IN (
        'visit', 'page_view', 'cart', 'call', 'chat', 'email', 'campaign_touch')),
    channel          text NOT NULL,
    store_id         text NOT NULL,
    reference        text NOT NULL,
    subject          text NOT NULL,
    duration_seconds bigint NOT NULL CHECK (duration_seconds >= 0),
    properties       jsonb NOT NULL,
    record_time      timestamptz NOT NULL,
    PRIMARY KEY (customer_id, occur_time, entry_id)
) PARTITION BY RANGE (occur_time);

-- Takes what happened in a month for which there is no partition. Nothing is ever lost.
CREATE TABLE interactions_rest PARTITION OF interactions DEFAULT;

-- What was recorded: a source tells of each interaction once, whenever that happened. The digest is that of the
-- content.
CREATE TABLE interaction_ids (
    source         text COLLATE "C" NOT NULL,
    interaction_id text COLLATE "C" NOT NULL,
    digest         bytea NOT NULL CHECK (length(digest) = 16),
    PRIMARY KEY (source, interaction_id)
);

-- Makes the partition of a month, unless there is one; false when what happened in it stands in interactions_rest
-- already, and stays there. It acts with the rights of the owner, so that the application needs none.
CREATE FUNCTION interactions_month(month date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '2s' AS $$
DECLARE
    first CONSTANT date := date_trunc('month', month)::date;
    partition CONSTANT text := 'interactions_' || to_char(first, 'YYYYMM');
BEGIN
    IF first NOT BETWEEN '2000-01-01' AND (now() + interval '1 year')::date THEN
        RAISE invalid_parameter_value USING MESSAGE = 'no month from 2000 to the next year';
    END IF;
    -- Replicas do this at the same time; the others wait and find it made.
    PERFORM pg_advisory_xact_lock(hashtext('interactions_month'));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN true;
    END IF;
    -- Attached, not created in place: that would keep all readers and writers out.
    EXECUTE format('CREATE TABLE %I (LIKE interactions INCLUDING ALL)', partition);
    EXECUTE format('ALTER TABLE interactions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition,
        first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;
END
$$;

REVOKE ALL ON FUNCTION interactions_month(date) FROM PUBLIC;
