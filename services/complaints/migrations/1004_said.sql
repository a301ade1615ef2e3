SET LOCAL lock_timeout = '2s';

-- What people write stands sealed under the key of the customer (subject_keys), one document for each row. The columns
-- of before are empty beside it; what they still hold is read, and sealed by the service as it goes on.

-- Subject, description, order and resolution. NULL: nothing is sealed, or an erasure has emptied it.
ALTER TABLE cases ADD COLUMN said bytea;
-- What was said: the message, the resolution, the reason. What opened a case is an id and no words: it stays in content.
ALTER TABLE case_log ADD COLUMN said bytea;

-- Found by their ids, a few hundred at a time, until none is left.
CREATE INDEX cases_in_clear ON cases (case_id)
    WHERE said IS NULL AND (subject <> '' OR description <> '' OR order_id <> '' OR resolution <> '');
CREATE INDEX case_log_in_clear ON case_log (case_id) WHERE said IS NULL AND content <> '' AND change <> 'opened';

-- What is sealed is bound to the version of the case: whoever moves the case on without sealing anew would make it
-- unreadable. Replicas of the release before do not know, and are refused.
CREATE FUNCTION cases_are_sealed_anew() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation USING MESSAGE = 'a case moves on only with what is said in it sealed for its new version';
END
$$;
REVOKE ALL ON FUNCTION cases_are_sealed_anew() FROM PUBLIC;
CREATE TRIGGER cases_are_sealed_anew BEFORE UPDATE ON cases FOR EACH ROW
    WHEN (OLD.said IS NOT NULL AND NEW.said = OLD.said AND NEW.version <> OLD.version)
    EXECUTE FUNCTION cases_are_sealed_anew();

-- Puts sealed entries in the place of those that are in clear. It acts with the rights of the owner: the application
-- can't change the log.
CREATE FUNCTION seal_log(customers uuid[], cases uuid[], sequences bigint[], documents bytea[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    sealed bigint;
BEGIN
    UPDATE case_log SET said = given.document, content = ''
    FROM unnest(customers, cases, sequences, documents) AS given (customer_id, case_id, sequence, document)
    WHERE case_log.customer_id = given.customer_id AND case_log.case_id = given.case_id
      AND case_log.sequence = given.sequence
      AND case_log.said IS NULL AND case_log.content <> '' AND case_log.change <> 'opened';
    GET DIAGNOSTICS sealed = ROW_COUNT;
    RETURN sealed;
END
$$;
REVOKE ALL ON FUNCTION seal_log(uuid[], uuid[], bigint[], bytea[]) FROM PUBLIC;

-- As before, and what is sealed goes, too.
CREATE OR REPLACE FUNCTION erase_person(ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- Whoever works on one of them ends first.
    PERFORM FROM cases WHERE customer_id = ANY (ids) ORDER BY customer_id, case_id FOR UPDATE;
    RETURN QUERY WITH emptied AS (
        UPDATE cases SET said = NULL, subject = '', description = '', order_id = '', origin = '',
            resolution = CASE WHEN resolution IS NOT NULL THEN '' END
        WHERE customer_id = ANY (ids)
          AND (said IS NOT NULL
               OR (subject, description, order_id, origin, coalesce(resolution, '')) <> ('', '', '', '', ''))
        RETURNING 1
    ) SELECT 'cases', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE case_log SET said = NULL, content = '',
            actor = CASE change WHEN 'customer' THEN '' ELSE actor END
        WHERE customer_id = ANY (ids) AND (said IS NOT NULL OR content <> '')
        RETURNING 1
    ) SELECT 'case_log', 'anonymized', count(*) FROM emptied;
    RETURN QUERY SELECT * FROM erase_rows('{person_ids, person_places, restricted_ids}', ids);
END
$$;
