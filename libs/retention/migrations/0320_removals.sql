SET LOCAL lock_timeout = '2s';

-- What each run of retention has removed here, counted in the transactions that removed it. So whoever asks can lose
-- an answer and ask again.
CREATE TABLE removals (
    -- UUIDv7, given by the profile service.
    run_id  uuid PRIMARY KEY,
    store   text NOT NULL,
    removed bigint NOT NULL CHECK (removed >= 0)
);
