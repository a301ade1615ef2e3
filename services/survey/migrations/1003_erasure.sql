SET LOCAL lock_timeout = '2s';

-- Takes out of the surveys of a person all that somebody wrote, and what it was asked about. Ratings stay
-- under an id that leads to nobody, so that scores do.
CREATE FUNCTION erase_person(ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- Whoever answers one of them ends first.
    PERFORM FROM invitations WHERE customer_id = ANY (ids)
    ORDER BY customer_id, invitation_id FOR UPDATE;
    RETURN QUERY WITH emptied AS (
        -- What it was asked about is unique for a customer; the invitation's own id is, too.
        UPDATE invitations SET trigger_reference = invitation_id::text,
            state = CASE state WHEN 'open' THEN 'revoked' ELSE state END
        WHERE customer_id = ANY (ids) AND trigger_reference <> invitation_id::text
        RETURNING 1
    ) SELECT 'invitations', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH gone AS (
        DELETE FROM answers WHERE customer_id = ANY (ids) AND written IS NOT NULL RETURNING 1
    ) SELECT 'answers', 'deleted', count(*) FROM gone;
    RETURN QUERY SELECT * FROM erase_nothing('{responses, ratings}', ids);
    RETURN QUERY SELECT * FROM erase_rows('{person_ids, person_places, restricted_ids}', ids);
END
$$;
REVOKE ALL ON FUNCTION erase_person(uuid[]) FROM PUBLIC;
