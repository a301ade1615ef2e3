SET LOCAL lock_timeout = '2s';

CREATE INDEX cases_by_closing ON cases (closed_at) WHERE closed_at IS NOT NULL;

-- Cases that were closed, and in which nothing was said any more, before an instant: what a customer writes after the
-- closing has still to be read.
CREATE FUNCTION cases_before(cut_off timestamptz) RETURNS SETOF cases
LANGUAGE sql STABLE AS $$
    SELECT * FROM cases
    WHERE closed_at < cut_off AND NOT EXISTS (
        SELECT FROM case_log AS said
        WHERE said.customer_id = cases.customer_id AND said.case_id = cases.case_id
          AND said.occurred_at >= cut_off)
$$;

-- Removes at most so many old cases with their logs, none of the customers who are held. It acts with the rights of the
-- owner: the application can't change logs.
CREATE FUNCTION remove_old(store text, cut_off timestamptz, held uuid[], most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    old uuid[];
    gone bigint;
BEGIN
    ASSERT store = 'cases', store;
    old := ARRAY(
        SELECT case_id FROM cases_before(cut_off) WHERE customer_id <> ALL (held)
        ORDER BY closed_at LIMIT most);
    -- Whoever works on one of them ends first; it may be open again by then.
    PERFORM FROM cases WHERE case_id = ANY (old) ORDER BY customer_id, case_id FOR UPDATE;
    old := ARRAY(SELECT case_id FROM cases_before(cut_off) WHERE case_id = ANY (old));
    DELETE FROM case_log USING cases
    WHERE cases.case_id = ANY (old)
      AND case_log.customer_id = cases.customer_id AND case_log.case_id = cases.case_id;
    DELETE FROM cases WHERE case_id = ANY (old);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;

-- Counts old cases: those that may go, and those that are held.
CREATE FUNCTION count_old(store text, cut_off timestamptz, held uuid[])
RETURNS TABLE (removable bigint, held_back bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    ASSERT store = 'cases', store;
    RETURN QUERY SELECT count(*) FILTER (WHERE customer_id <> ALL (held)),
        count(*) FILTER (WHERE customer_id = ANY (held))
    FROM cases_before(cut_off);
END
$$;
REVOKE ALL ON FUNCTION cases_before(timestamptz), remove_old(text, timestamptz, uuid[], integer),
    count_old(text, timestamptz, uuid[]) FROM PUBLIC;
