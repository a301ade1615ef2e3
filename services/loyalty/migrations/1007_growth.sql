-- What makes members come back and bring others: referrals, challenges, draws.
--
-- Numbers that stand for names:
--   referrals.refused   1 bought before, 2 same person
--   referrals.referrer  1 nothing, 2 its reward, 3 limit reached, 4 not active
--   challenge_facts.kind  1 purchase, 2 act
--   draw_tickets.outcome  0 open, 1 nothing, then for the prize at place p: 2p + 2 gone, 2p + 3 won

CREATE TABLE referral_codes (
    customer_id uuid PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE referral_codes IS
    'append-only: what members give to others. In the clear, since it is made to be passed on';

CREATE TABLE referrals (
    -- The one who came; it is brought once.
    customer_id uuid PRIMARY KEY,
    referral_id uuid NOT NULL UNIQUE,
    referrer_id uuid NOT NULL,
    program_id text NOT NULL,
    -- Its policy holds, whatever comes after it.
    program_version bigint NOT NULL,
    code text NOT NULL,
    claimed_at timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > claimed_at),
    order_id text,
    ordered_at timestamptz,
    refused smallint CHECK (refused BETWEEN 1 AND 2),
    referrer smallint NOT NULL DEFAULT 1 CHECK (referrer BETWEEN 1 AND 4),
    was_reversed boolean NOT NULL DEFAULT false,
    kept integer NOT NULL DEFAULT 0 CHECK (kept >= 0),
    -- Since when the reward of the one who brought waits to be looked at again.
    due_since timestamptz,
    CHECK ((order_id IS NULL) = (ordered_at IS NULL)),
    CHECK (customer_id <> referrer_id)
);
COMMENT ON TABLE referrals IS
    'who was brought by whom; written under the lock of the one who came, and, as far as the reward '
    'of the one who brought is concerned, under the lock of that one';
-- Those whom a member has brought, the latest first.
CREATE INDEX referrals_brought ON referrals (referrer_id, referral_id);
-- How many rewards a member has had in a period.
CREATE INDEX referrals_rewarded ON referrals (referrer_id, ordered_at) WHERE referrer = 2;
-- What waits.
CREATE INDEX referrals_due ON referrals (due_since, customer_id) WHERE due_since IS NOT NULL;

-- Members that were merged into another one: both are one person.
CREATE TABLE referral_aliases (
    customer_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    CHECK (customer_id <> person_id)
);
COMMENT ON TABLE referral_aliases IS 'a person_id is never itself a customer_id here';
CREATE INDEX referral_aliases_person ON referral_aliases (person_id);

CREATE TABLE challenge_facts (
    customer_id uuid NOT NULL,
    challenge_id text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    fact_id text NOT NULL,
    cycle text NOT NULL,
    day date NOT NULL,
    times bigint NOT NULL CHECK (times BETWEEN 0 AND 1),
    money bigint NOT NULL,
    PRIMARY KEY (customer_id, challenge_id, kind, fact_id)
);
COMMENT ON TABLE challenge_facts IS
    'what counts for a challenge: a row for each purchase or act that fulfils its condition, as it is '
    'now. Progress is computed from them';
CREATE INDEX challenge_facts_cycle ON challenge_facts (customer_id, challenge_id, cycle, day)
    INCLUDE (times, money);

CREATE TABLE challenge_milestones (
    customer_id uuid NOT NULL,
    challenge_id text NOT NULL,
    cycle text NOT NULL,
    milestone bigint NOT NULL CHECK (milestone > 0),
    reached_at timestamptz NOT NULL,
    lost_at timestamptz,
    -- Of what was given, how many things could not be taken back.
    kept integer NOT NULL DEFAULT 0 CHECK (kept >= 0),
    PRIMARY KEY (customer_id, challenge_id, cycle, milestone)
);
COMMENT ON TABLE challenge_milestones IS 'what members have reached; written under the member''s lock';

CREATE TABLE quiz_attempts (
    customer_id uuid NOT NULL,
    challenge_id text NOT NULL,
    cycle text NOT NULL,
    attempt smallint NOT NULL CHECK (attempt > 0),
    program_version bigint NOT NULL,
    question_ids text[] NOT NULL,
    choices smallint[] NOT NULL CHECK (cardinality(choices) = cardinality(question_ids)),
    right_count bigint NOT NULL CHECK (right_count >= 0),
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, challenge_id, cycle, attempt)
);
COMMENT ON TABLE quiz_attempts IS 'append-only: what members answered';

CREATE TABLE draws (
    program_id text NOT NULL,
    draw_id text NOT NULL,
    -- The version that it was opened by: its rules hold until the end.
    program_version bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    opened_at timestamptz NOT NULL,
    -- The seeds are computed from this under the services' key, so whoever reads the database can't
    -- foresee an outcome.
    nonce uuid NOT NULL,
    commitment bytea NOT NULL CHECK (octet_length(commitment) = 32),
    ticket_count bigint NOT NULL DEFAULT 0 CHECK (ticket_count >= 0),
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    won bigint[] NOT NULL,
    spent_points bigint NOT NULL DEFAULT 0 CHECK (spent_points >= 0),
    -- Segments whose seed has been told, and the seed of the latest of them.
    told_segments integer NOT NULL DEFAULT 0 CHECK (told_segments >= 0),
    seed bytea CHECK (octet_length(seed) = 32),
    closed_at timestamptz,
    root bytea CHECK (octet_length(root) = 32),
    PRIMARY KEY (program_id, draw_id),
    CHECK ((seed IS NULL) = (told_segments = 0)),
    CHECK ((root IS NULL) = (closed_at IS NULL))
)
WITH (fillfactor = 50);
COMMENT ON TABLE draws IS
    'locked after the member: tickets have dense numbers and stock is exact, so those of one draw are '
    'taken one after the other';
CREATE INDEX draws_unfinished ON draws (ends_at) WHERE closed_at IS NULL;

-- A ticket belongs to its draw, where it is found by its number.
CREATE TABLE draw_tickets (
    program_id text NOT NULL,
    draw_id text NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    customer_id uuid NOT NULL,
    client_seed text NOT NULL,
    entered_at timestamptz NOT NULL,
    is_free boolean NOT NULL,
    won_before bigint[] NOT NULL,
    spent_before bigint NOT NULL,
    outcome bigint NOT NULL CHECK (outcome >= 0),
    leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    PRIMARY KEY (program_id, draw_id, number)
);
COMMENT ON TABLE draw_tickets IS 'append-only: each chained to the one before';
CREATE INDEX draw_tickets_member ON draw_tickets (customer_id, program_id, draw_id, number)
    INCLUDE (is_free);

CREATE TABLE draw_blocks (
    program_id text NOT NULL,
    draw_id text NOT NULL,
    block bigint NOT NULL CHECK (block >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (program_id, draw_id, block)
);
COMMENT ON TABLE draw_blocks IS 'append-only: roots above 1,024 tickets each, of closed draws';

CREATE TABLE draw_winners (
    program_id text NOT NULL,
    draw_id text NOT NULL,
    number bigint NOT NULL,
    customer_id uuid NOT NULL,
    prize smallint NOT NULL CHECK (prize >= 0),
    given_at timestamptz,
    PRIMARY KEY (program_id, draw_id, number)
);
COMMENT ON TABLE draw_winners IS 'of draws at their end; prizes are given one member after the other';
CREATE INDEX draw_winners_due ON draw_winners (program_id, draw_id, number) WHERE given_at IS NULL;
