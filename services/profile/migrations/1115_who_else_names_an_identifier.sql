-- A channel may know an identifier that is another person's already: an office's cookie, a family's phone number, somebody
-- who was parted from the first. What it says is kept under a home of its own, and so is that it names the identifier.
SET LOCAL lock_timeout = '2s';

-- Homes other than the owner whose own sources name an identifier. The name sorts before `identifier_owners`, so that
-- `erase_person` takes these away first and none of them is made an owner of what it is to lose.
CREATE TABLE identifier_claims (
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- The index key that made it.
    key_id      text COLLATE "C" NOT NULL,
    is_shared   boolean NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (fingerprint, customer_id)
);
CREATE INDEX identifier_claims_of_customer ON identifier_claims (customer_id);

-- What an owner gives up is the oldest other home's that names it.
CREATE FUNCTION hand_identifier_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH heir AS (
        DELETE FROM identifier_claims AS claim
        WHERE claim.fingerprint = OLD.fingerprint AND claim.customer_id = (
            SELECT customer_id FROM identifier_claims
            WHERE fingerprint = OLD.fingerprint ORDER BY customer_id LIMIT 1)
        RETURNING *
    )
    INSERT INTO identifier_owners (fingerprint, key_id, is_shared, customer_id)
    SELECT fingerprint, key_id, is_shared, customer_id FROM heir
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER identifier_handed_on AFTER DELETE ON identifier_owners
    FOR EACH ROW EXECUTE FUNCTION hand_identifier_on();

-- Which file made a link, so that it goes when the file is taken back; NULL: none did.
ALTER TABLE links ADD COLUMN import_id uuid;
CREATE INDEX links_of_import ON links (import_id, newer) WHERE import_id IS NOT NULL;
