-- Whom the profile service takes for one person. Of what it said about an id, the greatest revision
-- holds: what it says of two people who were merged comes in the order of neither.
CREATE TABLE profile_homes (
    customer_id uuid PRIMARY KEY,
    profile_id uuid NOT NULL,
    revision bigint NOT NULL
);
COMMENT ON TABLE profile_homes IS 'an id that is not here leads to itself';
