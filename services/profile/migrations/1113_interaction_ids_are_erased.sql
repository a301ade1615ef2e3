-- The ids that sources gave to interactions went on standing in the register of what was recorded when the person
-- was erased: they may name the person, and the digest beside them confirms what somebody guesses of the content.
SET LOCAL lock_timeout = '2s';

-- Deletes a person: all rows of all its ids, in every table. Tables that are not named here are found by
-- their column customer_id, which what belongs to a customer has: so that none is forgotten.
CREATE OR REPLACE FUNCTION erase_person(ids uuid[])
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
        DELETE FROM interaction_ids AS known USING interactions AS told
        WHERE known.source = told.source AND known.interaction_id = told.interaction_id
          AND told.customer_id = ANY (ids)
        RETURNING 1
    ) SELECT 'interaction_ids', 'deleted', count(*) FROM gone;
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
