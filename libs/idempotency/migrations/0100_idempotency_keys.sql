-- One row for each request that had its effect or was refused for good. The row is inserted before
-- the work, in the same transaction: whoever repeats the request meanwhile waits for that
-- transaction and then finds the outcome.
--
-- Keys are kept for ever: the answer to "did my redemption go through?" must not depend on when it
-- is asked.
CREATE TABLE idempotency_keys (
    request_id uuid NOT NULL,
    caller text NOT NULL,
    method text NOT NULL,
    -- Under which master key digests and answer are; NULL: under none.
    sealed_by text,
    -- SHA-256 of the request as the client sent it; a keyed digest of it where the answer is sealed.
    request_digest bytea NOT NULL CHECK (octet_length(request_digest) = 32),
    -- Two bytes of a digest for each field, salted by the key: enough to name the field that
    -- differs, too little to guess a phone number by. Sealed where the answer is, since there are fewer
    -- birth dates than digests.
    field_digests bytea NOT NULL,
    created_at timestamptz NOT NULL,
    -- The outcome: the encoded answer, or the encoded google.rpc.Status of the refusal. Both are
    -- null only within the transaction that does the work.
    reply bytea,
    refusal bytea,
    -- The ids that a sealed answer names: by them an erasure finds it.
    named uuid[],
    -- By id first: clients make them in the order of time, so that new keys lie side by side and are
    -- found by their id alone, also by a plan that knows nothing of the table. That halves the cost
    -- of a key.
    PRIMARY KEY (request_id, caller, method),
    CHECK (reply IS NULL OR refusal IS NULL),
    CHECK (named IS NULL OR sealed_by IS NOT NULL)
    -- Room in the page lets the outcome be written beside its row, without touching the index.
) WITH (fillfactor = 80);
