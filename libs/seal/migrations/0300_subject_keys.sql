SET LOCAL lock_timeout = '2s';

-- The keys under which personal data of customers is sealed. Who has no row never had one; who has
-- erased_at has a tombstone, and its key is destroyed.
CREATE TABLE subject_keys (
    customer_id uuid PRIMARY KEY,
    -- The master key that the key is wrapped by, and the wrapped key.
    master_id   text,
    wrapped     bytea,
    created_at  timestamptz NOT NULL,
    erased_at   timestamptz,
    -- The erasure that destroyed it.
    erasure_id  uuid,
    CHECK ((wrapped IS NULL) = (master_id IS NULL)),
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL)),
    CHECK ((erased_at IS NULL) = (erasure_id IS NULL))
);
-- What a rotation still has to wrap anew.
CREATE INDEX subject_keys_by_master ON subject_keys (master_id, customer_id) WHERE wrapped IS NOT NULL;

-- A tombstone is for ever, whatever the code does.
CREATE FUNCTION subject_keys_stay_dead() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.erased_at IS NULL OR NEW.customer_id <> OLD.customer_id THEN
        RAISE restrict_violation USING MESSAGE = 'a tombstone of subject_keys can not be taken back';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION subject_keys_stay_dead() FROM PUBLIC;
CREATE TRIGGER subject_keys_stay_dead BEFORE UPDATE OR DELETE ON subject_keys
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION subject_keys_stay_dead();
