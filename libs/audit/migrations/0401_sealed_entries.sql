-- What batches hold is sealed, under a key of their chain in `subject_keys`, and the chain goes over what was sealed:
-- a batch can be verified by whoever can't read it.
SET LOCAL lock_timeout = '2s';

-- 1: packed. 2: packed, and sealed. Part of what is hashed.
ALTER TABLE audit_batches ADD COLUMN form smallint NOT NULL DEFAULT 1;
