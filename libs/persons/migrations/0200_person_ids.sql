-- Whom the profile service takes for one person. Of what it said about an id, the greatest revision
-- holds: what it says of two people who were merged comes in the order of neither.
CREATE TABLE person_ids (
    customer_id uuid PRIMARY KEY,
    -- The id by which the person is known.
    profile_id uuid NOT NULL,
    revision bigint NOT NULL
);
COMMENT ON TABLE person_ids IS 'an id that is not here leads to itself';
CREATE INDEX person_ids_of_profile ON person_ids (profile_id);
