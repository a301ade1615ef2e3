SET LOCAL lock_timeout = '2s';

-- Takes out of the cases of a person all that somebody wrote. That there were cases of such a kind, and how
-- long they took, stays under an id that leads to nobody.
CREATE FUNCTION erase_person(ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- Whoever works on one of them ends first.
    PERFORM FROM cases WHERE customer_id = ANY (ids) ORDER BY customer_id, case_id FOR UPDATE;
    RETURN QUERY WITH emptied AS (
        UPDATE cases SET subject = '', description = '', order_id = '', origin = '',
            resolution = CASE WHEN resolution IS NOT NULL THEN '' END
        WHERE customer_id = ANY (ids)
          AND (subject, description, order_id, origin, coalesce(resolution, '')) <> ('', '', '', '', '')
        RETURNING 1
    ) SELECT 'cases', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE case_log SET content = '', actor = CASE change WHEN 'customer' THEN '' ELSE actor END
        WHERE customer_id = ANY (ids) AND content <> ''
        RETURNING 1
    ) SELECT 'case_log', 'anonymized', count(*) FROM emptied;
    RETURN QUERY SELECT * FROM erase_rows('{person_ids, person_places, restricted_ids}', ids);
END
$$;
REVOKE ALL ON FUNCTION erase_person(uuid[]) FROM PUBLIC;
