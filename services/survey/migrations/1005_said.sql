SET LOCAL lock_timeout = '2s';

-- What people write, and what they are asked about, stands sealed under the key of the customer (subject_keys). The
-- columns of before tell nothing beside it; what they still hold is read, and sealed by the service as it goes on.

-- What was written; `written` is empty beside it. NULL: a rating, or nothing was written.
ALTER TABLE answers ADD COLUMN said bytea;
-- What it is asked about; trigger_reference is the id of the invitation beside it, which is unique as well.
ALTER TABLE invitations ADD COLUMN said bytea;
-- A digest of that by the key of the customer, by which it is found that the same was asked before.
ALTER TABLE invitations ADD COLUMN asked_about bytea CHECK (octet_length(asked_about) = 32);

-- What makes an invitation makes it once.
CREATE UNIQUE INDEX invitations_by_asking ON invitations
    (customer_id, questionnaire_id, trigger_type, asked_about, trigger_occasion) WHERE asked_about IS NOT NULL;

-- Found by their ids, a few hundred at a time, until none is left.
CREATE INDEX answers_in_clear ON answers (invitation_id) WHERE said IS NULL AND written <> '';
CREATE INDEX invitations_in_clear ON invitations (invitation_id)
    WHERE said IS NULL AND trigger_reference <> invitation_id::text;

-- Puts sealed answers in the place of those that are in clear. It acts with the rights of the owner: the application
-- can't change answers.
CREATE FUNCTION seal_answers(customers uuid[], invitations uuid[], ordinals integer[], documents bytea[])
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    sealed bigint;
BEGIN
    UPDATE answers SET said = given.document, written = ''
    FROM unnest(customers, invitations, ordinals, documents)
        AS given (customer_id, invitation_id, ordinal, document)
    WHERE answers.customer_id = given.customer_id AND answers.invitation_id = given.invitation_id
      AND answers.ordinal = given.ordinal AND answers.said IS NULL AND answers.written <> '';
    GET DIAGNOSTICS sealed = ROW_COUNT;
    RETURN sealed;
END
$$;
REVOKE ALL ON FUNCTION seal_answers(uuid[], uuid[], integer[], bytea[]) FROM PUBLIC;

-- As before, and what is sealed goes, too.
CREATE OR REPLACE FUNCTION erase_person(ids uuid[])
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
        UPDATE invitations SET trigger_reference = invitation_id::text, said = NULL, asked_about = NULL,
            state = CASE state WHEN 'open' THEN 'revoked' ELSE state END
        WHERE customer_id = ANY (ids)
          AND (trigger_reference <> invitation_id::text OR said IS NOT NULL OR asked_about IS NOT NULL)
        RETURNING 1
    ) SELECT 'invitations', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH gone AS (
        DELETE FROM answers WHERE customer_id = ANY (ids) AND written IS NOT NULL RETURNING 1
    ) SELECT 'answers', 'deleted', count(*) FROM gone;
    RETURN QUERY SELECT * FROM erase_nothing('{responses, ratings}', ids);
    RETURN QUERY SELECT * FROM erase_rows('{person_ids, person_places, restricted_ids}', ids);
END
$$;
