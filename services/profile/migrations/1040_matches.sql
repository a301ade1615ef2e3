-- Customers who may be the same person.

-- Pairs of customers. What the policy does with one follows from score and refusal when it is read, so
-- another policy holds for all of them at once.
CREATE TABLE match_candidates (
    -- The two ids, each known by itself when the pair was found.
    older          uuid NOT NULL,
    newer          uuid NOT NULL,
    -- The versions of the two that were compared: a comparison of older ones never overwrites this.
    older_version  bigint NOT NULL,
    newer_version  bigint NOT NULL,
    score_permille integer NOT NULL CHECK (score_permille BETWEEN 0 AND 1000),
    -- Names of what speaks for it and against it.
    evidence       text[] NOT NULL,
    -- The reason for which a merge is refused; empty: none.
    refusal        text NOT NULL,
    -- 'closed': the two are one, or have nothing in common any more.
    state          text NOT NULL CHECK (state IN ('open', 'closed', 'merged', 'rejected')),
    find_time      timestamptz NOT NULL,
    decided_by     text,
    decide_time    timestamptz,
    reason         text,
    PRIMARY KEY (older, newer),
    CHECK (older < newer),
    CHECK ((state IN ('merged', 'rejected')) = (decide_time IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decide_time IS NULL) AND (reason IS NULL) = (decide_time IS NULL))
);
CREATE INDEX match_candidates_by_newer ON match_candidates (newer, older);

-- The queue, the likeliest first.
CREATE INDEX match_candidates_open ON match_candidates (score_permille DESC, older DESC, newer DESC)
    WHERE state = 'open';
