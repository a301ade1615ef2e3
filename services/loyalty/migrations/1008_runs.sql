-- Work that goes on in the background and leaves a result: liability reports and simulations.
--
-- Numbers that stand for names:
--   kind  1 liability report, 2 simulation
--   state 1 queued, 2 running, 3 succeeded, 4 failed: those of the contract

CREATE TABLE runs (
    run_id uuid PRIMARY KEY,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    program_id text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    -- What is asked for, and what came of it: the encoded resource of the contract.
    request bytea NOT NULL,
    result bytea,
    failure_reason text,
    failure_message text,
    holders_done bigint NOT NULL DEFAULT 0,
    -- Each try is another number, so that a process that was thought dead can't write over the next.
    attempt smallint NOT NULL DEFAULT 0,
    -- Until when the process that is at it has said that it is. Then another one begins anew.
    leased_until timestamptz,
    CHECK ((state = 3) = (result IS NOT NULL)),
    CHECK ((state = 4) = (failure_reason IS NOT NULL)),
    CHECK ((state >= 3) = (ended_at IS NOT NULL))
);
COMMENT ON TABLE runs IS 'work in the background; read-only towards the ledger, so it can begin anew';

CREATE INDEX runs_of_program ON runs (program_id, kind, run_id DESC);
CREATE INDEX runs_open ON runs (run_id) WHERE state <= 2;
