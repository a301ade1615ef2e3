-- What batches hold is sealed, under a key of their chain in `subject_keys`, and the chain goes over what was sealed:
-- a batch can be verified by whoever can't read it.
SET LOCAL lock_timeout = '2s';

-- 1: packed. 2: packed, and sealed. Part of what is hashed.
ALTER TABLE audit_batches ADD COLUMN form smallint NOT NULL DEFAULT 1;

-- The key of a chain is nobody's: no erasure destroys it, whatever ids the certificate names that is given back.
CREATE FUNCTION chain_keys_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM audit_chains WHERE chain_id = OLD.customer_id) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION chain_keys_stay() FROM PUBLIC;
CREATE TRIGGER chain_keys_stay BEFORE UPDATE ON subject_keys
    FOR EACH ROW WHEN (OLD.wrapped IS NOT NULL AND NEW.wrapped IS NULL) EXECUTE FUNCTION chain_keys_stay();
