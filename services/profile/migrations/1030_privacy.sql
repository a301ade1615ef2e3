SET LOCAL lock_timeout = '2s';

-- Erasures: who was asked when, and what each service answered. They hold nothing of a person but ids that
-- nobody leads to any more.
CREATE TABLE erasures (
    erasure_id   uuid PRIMARY KEY,
    customer_ids uuid[] NOT NULL,
    ground       smallint NOT NULL CHECK (ground BETWEEN 1 AND 6),
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    round        integer NOT NULL CHECK (round >= 1),
    -- Answers to earlier times of asking count no more: databases were restored since.
    counts_from  integer NOT NULL CHECK (counts_from BETWEEN 1 AND round),
    asked_at     timestamptz NOT NULL,
    completed_at timestamptz
);
-- Those that some service has still to confirm: few.
CREATE INDEX erasures_pending ON erasures (erasure_id) WHERE completed_at IS NULL;

CREATE TABLE erasure_reports (
    erasure_id   uuid NOT NULL REFERENCES erasures,
    service      text NOT NULL,
    round        integer NOT NULL,
    confirmed_at timestamptz NOT NULL,
    -- [{"store", "outcome", "rows"}]
    stores       jsonb NOT NULL,
    PRIMARY KEY (erasure_id, service)
);

-- Keyed fingerprints of identifiers of people who were erased: nothing is taken in under them.
CREATE TABLE suppressed_identifiers (
    fingerprint   bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- The index key that made it.
    key_id        text NOT NULL,
    erasure_id    uuid NOT NULL,
    suppressed_at timestamptz NOT NULL,
    PRIMARY KEY (fingerprint, key_id)
);
CREATE INDEX suppressed_identifiers_of_erasure ON suppressed_identifiers (erasure_id);

CREATE TABLE legal_holds (
    customer_id    uuid NOT NULL,
    -- UUIDv7: lists are by descending id.
    legal_hold_id  uuid NOT NULL,
    reason         text NOT NULL,
    created_by     text NOT NULL,
    created_at     timestamptz NOT NULL,
    released_at    timestamptz,
    released_by    text,
    release_reason text,
    PRIMARY KEY (customer_id, legal_hold_id),
    CHECK ((released_at IS NULL) = (released_by IS NULL)),
    CHECK ((released_at IS NULL) = (release_reason IS NULL))
);

-- Whose identifiers they are, asked for one person at a time.
CREATE INDEX identifier_owners_of_customer ON identifier_owners (customer_id);

-- Deletes a person: all rows of all its ids, in every table. Tables that are not named here are found by
-- their column customer_id, which what belongs to a customer has: so that none is forgotten.
CREATE FUNCTION erase_person(ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- Whoever changes or records something of the person ends first.
    PERFORM FROM customers WHERE customer_id = ANY (ids) ORDER BY customer_id FOR UPDATE;
    PERFORM FROM customer_traits WHERE customer_id = ANY (ids) ORDER BY customer_id FOR UPDATE;
    -- Whose load goes down: in the order in which all lock them.
    PERFORM FROM account_managers WHERE manager_id IN (
        SELECT manager_id FROM account_assignments WHERE customer_id = ANY (ids))
    ORDER BY manager_id FOR UPDATE;
    -- The sizes of segments stand apart from the members whom they count.
    INSERT INTO segment_size_changes (segment_id, change_id, members)
    SELECT segment_id, gen_random_uuid(), -count(*) FROM segment_members
    WHERE customer_id = ANY (ids) GROUP BY segment_id;
    RETURN QUERY WITH gone AS (
        DELETE FROM order_ids USING (
            SELECT order_id FROM orders WHERE customer_id = ANY (ids)
            UNION SELECT order_id FROM returns WHERE customer_id = ANY (ids)) AS named
        WHERE order_ids.order_id = named.order_id
          AND (order_ids.customer_id = ANY (ids) OR order_ids.customer_id IS NULL AND NOT EXISTS (
              -- An order that has not come, of which returns of others wait.
              SELECT FROM returns WHERE returns.order_id = named.order_id
                AND returns.state = 'awaiting_order' AND NOT returns.customer_id = ANY (ids)))
        RETURNING 1
    ) SELECT 'order_ids', 'deleted', count(*) FROM gone;
    RETURN QUERY WITH gone AS (
        DELETE FROM return_ids USING returns
        WHERE return_ids.return_id = returns.return_id AND returns.customer_id = ANY (ids)
          AND return_ids.customer_id = ANY (ids)
        RETURNING 1
    ) SELECT 'return_ids', 'deleted', count(*) FROM gone;
    RETURN QUERY WITH gone AS (
        DELETE FROM source_keys USING sources
        WHERE source_keys.record = sources.record AND source_keys.home = sources.home AND sources.home = ANY (ids)
        RETURNING 1
    ) SELECT 'source_keys', 'deleted', count(*) FROM gone;
    RETURN QUERY WITH gone AS (DELETE FROM sources WHERE home = ANY (ids) RETURNING 1)
    SELECT 'sources', 'deleted', count(*) FROM gone;
    RETURN QUERY WITH gone AS (
        DELETE FROM links WHERE older = ANY (ids) OR newer = ANY (ids) RETURNING 1
    ) SELECT 'links', 'deleted', count(*) FROM gone;
    RETURN QUERY WITH gone AS (
        DELETE FROM match_candidates WHERE older = ANY (ids) OR newer = ANY (ids) RETURNING 1
    ) SELECT 'match_candidates', 'deleted', count(*) FROM gone;
    RETURN QUERY SELECT erased_rows.* FROM erase_rows(ARRAY(
        SELECT c.relname::text FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'customer_id' AND NOT a.attisdropped
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition
          AND c.relname NOT IN ('order_ids', 'return_ids', 'outbox', 'subject_keys')
        ORDER BY c.relname), ids) AS erased_rows;
END
$$;
REVOKE ALL ON FUNCTION erase_person(uuid[]) FROM PUBLIC;
