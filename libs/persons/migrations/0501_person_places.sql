-- Where people are, as the profile service says of each id: by it lists are cut for whoever sees some regions or brands
-- alone. Of what it said about an id, the greatest revision holds.
CREATE TABLE person_places (
    customer_id uuid PRIMARY KEY,
    -- Empty: in none.
    region_code text COLLATE "C" NOT NULL,
    brand       text COLLATE "C" NOT NULL,
    revision    bigint NOT NULL
);
COMMENT ON TABLE person_places IS 'of an id that is not here nothing was said, so it is in no list that is cut';
-- Whoever is of a small region is found by it, instead of being looked for among all.
CREATE INDEX person_places_by_region ON person_places (region_code, customer_id);
