-- Ids under which, as the profile service says, what is held is to be stored only. It holds for all ids of the person.
CREATE TABLE restricted_ids (
    customer_id uuid PRIMARY KEY
);
COMMENT ON TABLE restricted_ids IS 'few: a row leaves when no restriction is on the id any more';
