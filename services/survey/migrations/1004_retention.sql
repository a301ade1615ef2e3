SET LOCAL lock_timeout = '2s';

-- Ratings of responses that are gone, by the day (UTC) on which they were given and nobody's: scores of the past stay
-- what they were.
CREATE TABLE past_ratings (
    questionnaire_id text    NOT NULL,
    day              date    NOT NULL,
    rating           integer NOT NULL,
    responses        bigint  NOT NULL CHECK (responses > 0),
    PRIMARY KEY (questionnaire_id, day, rating)
);

-- When an invitation was answered, else when it was made.
CREATE INDEX invitations_by_age ON invitations ((coalesce(completed_at, created_at)));

-- Invitations that were answered, or made and not answered, before an instant.
CREATE FUNCTION invitations_before(cut_off timestamptz) RETURNS SETOF invitations
LANGUAGE sql STABLE AS $$
    SELECT * FROM invitations WHERE coalesce(completed_at, created_at) < cut_off
$$;

-- Removes at most so many old invitations with what was answered, none of the customers who are held. It acts with the
-- rights of the owner: the application can't change answers.
CREATE FUNCTION remove_old(store text, cut_off timestamptz, held uuid[], most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    old uuid[];
    gone bigint;
BEGIN
    ASSERT store = 'responses', store;
    old := ARRAY(
        SELECT invitation_id FROM invitations_before(cut_off) WHERE customer_id <> ALL (held)
        ORDER BY coalesce(completed_at, created_at) LIMIT most);
    -- Whoever answers one of them ends first; it is younger by then.
    PERFORM FROM invitations WHERE invitation_id = ANY (old)
    ORDER BY customer_id, invitation_id FOR UPDATE;
    old := ARRAY(SELECT invitation_id FROM invitations_before(cut_off) WHERE invitation_id = ANY (old));
    WITH rated AS (
        DELETE FROM ratings USING invitations
        WHERE invitations.invitation_id = ANY (old)
          AND ratings.customer_id = invitations.customer_id AND ratings.invitation_id = invitations.invitation_id
        RETURNING ratings.questionnaire_id, (ratings.submitted_at AT TIME ZONE 'UTC')::date AS day, ratings.rating
    )
    INSERT INTO past_ratings AS known (questionnaire_id, day, rating, responses)
    SELECT questionnaire_id, day, rating, count(*) FROM rated GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (questionnaire_id, day, rating)
        DO UPDATE SET responses = known.responses + excluded.responses;
    DELETE FROM answers USING invitations
    WHERE invitations.invitation_id = ANY (old)
      AND answers.customer_id = invitations.customer_id AND answers.invitation_id = invitations.invitation_id;
    DELETE FROM responses USING invitations
    WHERE invitations.invitation_id = ANY (old)
      AND responses.customer_id = invitations.customer_id AND responses.invitation_id = invitations.invitation_id;
    DELETE FROM invitations WHERE invitation_id = ANY (old);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;

-- Counts old invitations: those that may go, and those that are held.
CREATE FUNCTION count_old(store text, cut_off timestamptz, held uuid[])
RETURNS TABLE (removable bigint, held_back bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    ASSERT store = 'responses', store;
    RETURN QUERY SELECT count(*) FILTER (WHERE customer_id <> ALL (held)),
        count(*) FILTER (WHERE customer_id = ANY (held))
    FROM invitations_before(cut_off);
END
$$;
REVOKE ALL ON FUNCTION invitations_before(timestamptz), remove_old(text, timestamptz, uuid[], integer),
    count_old(text, timestamptz, uuid[]) FROM PUBLIC;
