SET LOCAL lock_timeout = '2s';

-- Whose order a basket was, for one purpose: to forget it.
CREATE TABLE basket_owners (
    customer_id   uuid NOT NULL,
    basket_id     text NOT NULL,
    purchase_time timestamptz NOT NULL,
    PRIMARY KEY (customer_id, basket_id)
);

-- Gives the baskets of a person ids that nobody knows. What was bought at once stays. Replicas that have
-- read the facts go on to know the old ids, in memory, until they are restarted; no answer names them.
CREATE FUNCTION erase_person(ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY WITH renamed AS (
        SELECT basket_id, gen_random_uuid()::text AS alias FROM (
            SELECT DISTINCT basket_id FROM basket_owners WHERE customer_id = ANY (ids)) AS owned
    ), anonymized AS (
        UPDATE basket_facts AS facts SET basket_id = renamed.alias
        FROM renamed WHERE facts.basket_id = renamed.basket_id
        RETURNING 1
    ) SELECT 'basket_facts', 'anonymized', count(*) FROM anonymized;
    RETURN QUERY SELECT * FROM erase_rows('{basket_owners, person_ids, person_places, restricted_ids}', ids);
END
$$;
REVOKE ALL ON FUNCTION erase_person(uuid[]) FROM PUBLIC;
