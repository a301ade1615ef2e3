SET LOCAL lock_timeout = '2s';

-- What this service was asked to erase, and how far it came.
CREATE TABLE erasure_tasks (
    erasure_id   uuid PRIMARY KEY,
    -- Which time of asking it is. Another time, all is done again.
    round        integer NOT NULL CHECK (round >= 1),
    customer_ids uuid[] NOT NULL,
    asked_at     timestamptz NOT NULL,
    -- Transactions below may not have seen the tombstones. NULL: not known yet.
    ceiling      xid8,
    -- By what kept answers name the person. NULL: its rows are not removed yet.
    mentions     text[],
    -- How far the kept answers are looked through.
    scanned_to   uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- [{"store", "outcome", "rows"}], of all times of asking.
    removed      jsonb NOT NULL DEFAULT '[]',
    failures     integer NOT NULL DEFAULT 0,
    confirmed_at timestamptz
);
CREATE INDEX erasure_tasks_open ON erasure_tasks (failures, asked_at) WHERE confirmed_at IS NULL;

-- What was announced about a customer. Customers are erased seldom, but a scan of all partitions would
-- take longer than a transaction may.
CREATE INDEX outbox_of_customer ON outbox (customer_id) WHERE customer_id IS NOT NULL;

-- Takes out of the outbox what was announced about these customers. The events stay, empty, since
-- followers count them. It acts with the rights of the owner: the application can't change events.
CREATE FUNCTION erase_announced(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    erased bigint;
BEGIN
    UPDATE outbox SET type = 'patron.events.v1.Erased', payload = ''
    WHERE customer_id = ANY (ids) AND type <> 'patron.events.v1.Erased';
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END
$$;
REVOKE ALL ON FUNCTION erase_announced(uuid[]) FROM PUBLIC;

-- What the functions `erase_person` of the services are made of. They act with the rights of the caller:
-- `erase_person` has those of the owner, since much of what it removes is append-only to the application.

-- Deletes the rows of customers from tables that have a customer_id.
CREATE FUNCTION erase_rows(tables text[], ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    outcome := 'deleted';
    FOREACH store IN ARRAY tables LOOP
        EXECUTE format('DELETE FROM %I WHERE customer_id = ANY ($1)', store) USING ids;
        GET DIAGNOSTICS erased = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Empties texts of customers: {"table": ["column", ...]}.
CREATE FUNCTION erase_texts(columns jsonb, ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    names jsonb;
    assignments text;
    differences text;
BEGIN
    outcome := 'anonymized';
    FOR store, names IN SELECT * FROM jsonb_each(columns) LOOP
        SELECT string_agg(format('%I = %L', name, ''), ', '),
            string_agg(format('%I <> %L', name, ''), ' OR ')
        INTO assignments, differences FROM jsonb_array_elements_text(names) AS name;
        EXECUTE format('UPDATE %I SET %s WHERE customer_id = ANY ($1) AND (%s)',
            store, assignments, differences) USING ids;
        GET DIAGNOSTICS erased = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Counts what stays: figures and instants under an id that leads to nobody.
CREATE FUNCTION erase_nothing(tables text[], ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    outcome := 'kept';
    FOREACH store IN ARRAY tables LOOP
        EXECUTE format('SELECT count(*) FROM %I WHERE customer_id = ANY ($1)', store)
            INTO erased USING ids;
        RETURN NEXT;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION erase_rows(text[], uuid[]), erase_texts(jsonb, uuid[]),
    erase_nothing(text[], uuid[]) FROM PUBLIC;
