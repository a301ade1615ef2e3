SET LOCAL lock_timeout = '2s';

CREATE INDEX basket_owners_by_age ON basket_owners (purchase_time);

-- Forgets whose at most so many old baskets were, as an erasure does: they get ids that nobody knows, and what was bought
-- at once stays. None of the customers who are held. It acts with the rights of the owner: the application can't change
-- facts.
CREATE FUNCTION remove_old(store text, cut_off timestamptz, held uuid[], most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    ASSERT store = 'baskets', store;
    WITH old AS (
        SELECT customer_id, basket_id FROM basket_owners
        WHERE purchase_time < cut_off AND customer_id <> ALL (held)
        ORDER BY purchase_time LIMIT most FOR UPDATE
    ), forgotten AS (
        DELETE FROM basket_owners AS owned USING old
        WHERE owned.customer_id = old.customer_id AND owned.basket_id = old.basket_id
        RETURNING owned.basket_id
    ), renamed AS (
        SELECT basket_id, gen_random_uuid()::text AS alias FROM (
            SELECT DISTINCT basket_id FROM forgotten) AS owned
    ), anonymized AS (
        UPDATE basket_facts AS facts SET basket_id = renamed.alias
        FROM renamed WHERE facts.basket_id = renamed.basket_id
        RETURNING 1
    ) SELECT count(*) INTO gone FROM forgotten;
    RETURN gone;
END
$$;

-- Counts old baskets of which is known whose they were: those that may be forgotten, and those that are held.
CREATE FUNCTION count_old(store text, cut_off timestamptz, held uuid[])
RETURNS TABLE (removable bigint, held_back bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    ASSERT store = 'baskets', store;
    RETURN QUERY SELECT count(*) FILTER (WHERE customer_id <> ALL (held)),
        count(*) FILTER (WHERE customer_id = ANY (held))
    FROM basket_owners WHERE purchase_time < cut_off;
END
$$;
REVOKE ALL ON FUNCTION remove_old(text, timestamptz, uuid[], integer), count_old(text, timestamptz, uuid[])
    FROM PUBLIC;
