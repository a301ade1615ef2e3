-- Account holders and the points ledger. Points are minor units of a point currency; a wallet is one
-- point currency of one holder.
--
-- How it holds together:
--   * A holder's row is locked (in ascending order of ids, in a statement of its own) before
--     anything else of the holder is read or written.
--   * An operation is a fact. Its row has its entries, which add up to 0, and never changes. Its hash
--     covers all of it and the unchanging part of the lots that it opens.
--   * Each transaction adds one link to one chain: a hash over the link before and over the hashes of
--     the transaction's operations in their order.
--   * Balances, lots and holds are what the entries add up to. They are kept for speed, and
--     recomputed by every verification.
-- There are no foreign keys here: on each row they cost as much as the row's index, and a
-- verification finds what they would refuse. No index serves a job: jobs run once a day and read
-- whole tables.
--
-- Numbers that stand for names are those of the contract:
--   state    1 active, 2 suspended, 3 closed
--   kind     1 earn, 2 redeem, 3 claw back, 4 repay debt, 5 expire, 6 restore, 7 adjust, 8 transfer,
--            9 hold, 10 release, 11 activate, 12 redate
--   account  1 available, 2 pending, 3 held, 4 debt; of the program: 5 issuance, 6 redemption,
--            7 expiry, 8 adjustment, 9 transfer

CREATE TABLE holders (
    -- Of a member, the customer's id.
    holder_id uuid PRIMARY KEY,
    -- 1 a member, 2 the pool of a household.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    program_id text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    enrolled_at timestamptz NOT NULL
);
COMMENT ON TABLE holders IS
    'who has points; locked before anything else of the holder is read';

CREATE TABLE wallets (
    holder_id uuid NOT NULL,
    -- The pattern of codes is checked by whoever makes one; here it would be matched with each spend.
    wallet_id text NOT NULL CHECK (octet_length(wallet_id) BETWEEN 1 AND 16),
    available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    pending bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    -- An account like the others, so what is owed is a balance below 0.
    debt bigint NOT NULL DEFAULT 0 CHECK (debt <= 0),
    lifetime_earned bigint NOT NULL DEFAULT 0,
    entry_count bigint NOT NULL DEFAULT 0 CHECK (entry_count >= 0),
    -- The next one is greater, also when it is made by another clock: so the order of the ids is the
    -- order of the entries.
    last_operation_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    PRIMARY KEY (holder_id, wallet_id)
)
-- The row changes with each batch of operations; room for the new version on its page keeps the
-- index still.
WITH (fillfactor = 60);
COMMENT ON TABLE wallets IS 'balances: the sums of the entries';

CREATE TABLE operations (
    holder_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    wallet_id text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 12),
    -- What caused it, in the words of whoever did: an order, a return, a reward.
    reference text NOT NULL,
    -- What of this service it belongs to: the hold that is confirmed or released, the redemption
    -- whose points are restored.
    subject_id uuid,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- Number of its first entry: 1, 2, 3 … without gaps for each wallet.
    first_entry bigint NOT NULL CHECK (first_entry > 0),
    -- One after the other: the account (1 byte), the amount (8 bytes, highest first); for accounts
    -- of a wallet (1 to 4) the balance after it (8 bytes); for those with lots (1 to 3) the lot
    -- (16 bytes). The view `entries` shows them one by one.
    entries bytea NOT NULL,
    -- What explains it, encoded: versions of rules, inputs, caps, rounding.
    details bytea NOT NULL,
    -- SHA-256 of all above, and of the lots that it opens.
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    -- Where it stands in the chains.
    chain smallint NOT NULL,
    link bigint NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal > 0),
    -- The ids of a holder ascend with time, so this is the order of the statement too.
    PRIMARY KEY (holder_id, operation_id)
);
COMMENT ON TABLE operations IS 'append-only: the ledger; all else can be computed from it';

CREATE FUNCTION ledger_entries(first_entry bigint, packed bytea) RETURNS TABLE (
    entry_number bigint, account smallint, amount bigint, balance_after bigint, lot_id uuid
)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    place integer := 1;
    hex CONSTANT text := encode(packed, 'hex');
BEGIN
    entry_number := first_entry;
    WHILE place < length(hex) LOOP
        account := ('x' || substr(hex, place, 2))::bit(8)::integer;
        amount := ('x' || substr(hex, place + 2, 16))::bit(64)::bigint;
        place := place + 18;
        balance_after := NULL;
        lot_id := NULL;
        IF account <= 4 THEN
            balance_after := ('x' || substr(hex, place, 16))::bit(64)::bigint;
            place := place + 16;
        END IF;
        IF account <= 3 THEN
            lot_id := substr(hex, place, 32)::uuid;
            place := place + 32;
        END IF;
        RETURN NEXT;
        entry_number := entry_number + 1;
    END LOOP;
END
$$;

CREATE VIEW entries AS
SELECT o.holder_id, o.wallet_id, e.entry_number, o.operation_id, o.kind, e.account, e.amount,
    e.balance_after, e.lot_id, o.reference, o.effective_at, o.recorded_at
FROM operations AS o
CROSS JOIN LATERAL ledger_entries(o.first_entry, o.entries) AS e;
COMMENT ON VIEW entries IS
    'points into (positive) or out of (negative) one account, one row for each';

CREATE TABLE lots (
    holder_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    wallet_id text NOT NULL,
    -- The operation that opened it.
    operation_id uuid NOT NULL,
    -- The lot in which the points were earned: this one, unless they were moved here.
    origin_id uuid NOT NULL,
    reference text NOT NULL,
    priority smallint NOT NULL,
    earned_at timestamptz NOT NULL,
    -- NULL: when an awaited act comes.
    active_at timestamptz,
    -- NULL: never.
    expires_at timestamptz,
    original bigint NOT NULL CHECK (original > 0),
    -- What the points cost all together, in minor units of money.
    cost_basis bigint,
    -- Who pays for them; NULL: the program.
    funding_partner text,
    -- Who brought them into the pool that they lie in.
    contributor uuid,
    -- From here on it changes.
    available bigint NOT NULL CHECK (available >= 0),
    pending bigint NOT NULL CHECK (pending >= 0),
    held bigint NOT NULL CHECK (held >= 0),
    -- Went to expiry; no longer in the lot.
    lapsed bigint NOT NULL CHECK (lapsed >= 0),
    -- A column of its own, since an index on the amounts would be written with each spend.
    is_live boolean NOT NULL GENERATED ALWAYS AS (available + pending + held > 0) STORED,
    PRIMARY KEY (holder_id, lot_id)
)
WITH (fillfactor = 80);
COMMENT ON TABLE lots IS 'points that came together and lapse together';
-- The order of consumption, over what still holds points. A lot that never lapses comes last.
CREATE INDEX lots_spending ON lots
    (holder_id, priority, (coalesce(expires_at, 'infinity')), earned_at, lot_id)
    WHERE is_live;

CREATE TABLE chain_heads (
    chain smallint PRIMARY KEY CHECK (chain BETWEEN 0 AND 31),
    link bigint NOT NULL,
    hash bytea NOT NULL
)
WITH (fillfactor = 10);
COMMENT ON TABLE chain_heads IS
    'where each chain ends; a transaction locks one of them, and does so last';

CREATE TABLE chain_links (
    chain smallint NOT NULL,
    link bigint NOT NULL,
    -- How many operations it stands for.
    operations integer NOT NULL CHECK (operations > 0),
    -- SHA-256 of the hash before it and of the operations' hashes in their order.
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (chain, link)
);
COMMENT ON TABLE chain_links IS 'append-only: one for each transaction that has posted operations';

-- Before the first link stands a hash of zeros.
INSERT INTO chain_heads SELECT chain, 0, decode(repeat('00', 32), 'hex')
FROM generate_series(0, 31) AS chain;

CREATE TABLE holds (
    holder_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    wallet_id text NOT NULL,
    reference text NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    -- What each lot gave, in the order of consumption: the lot (16 bytes) and the points (8).
    lots bytea NOT NULL CHECK (octet_length(lots) % 24 = 0),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    -- From here on it changes. 1 open, 2 confirmed, 3 released, 4 timed out.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    -- Of the points, what was spent: the first ones.
    confirmed bigint NOT NULL CHECK (confirmed BETWEEN 0 AND points),
    -- Spent beyond the points.
    confirmed_beyond bigint NOT NULL CHECK (confirmed_beyond >= 0),
    -- The redemptions that have spent them.
    redemption_ids uuid[] NOT NULL,
    PRIMARY KEY (holder_id, hold_id)
);
COMMENT ON TABLE holds IS 'reserved points; what is still held is what the held account holds';
-- For those whose time is over: they are few, and are ended within a minute.
CREATE INDEX holds_due ON holds (expires_at) WHERE state = 1;

CREATE TABLE restorations (
    holder_id uuid NOT NULL,
    -- The operation that spent the points.
    redemption_id uuid NOT NULL,
    -- Of its points, what was given back so far: the last ones.
    restored bigint NOT NULL CHECK (restored > 0),
    PRIMARY KEY (holder_id, redemption_id)
);
COMMENT ON TABLE restorations IS 'redemptions of which points were given back';

CREATE TABLE verifications (
    verification_id uuid PRIMARY KEY,
    -- 1 waiting, 2 running, 3 sound, 4 different, 5 failed.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    -- The day whose scheduled verification it is; so one of several replicas begins it.
    scheduled_for date UNIQUE,
    started_at timestamptz,
    ended_at timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    -- Until when whoever runs it has to renew the lease.
    leased_until timestamptz,
    holders bigint NOT NULL DEFAULT 0,
    operations bigint NOT NULL DEFAULT 0,
    entries bigint NOT NULL DEFAULT 0,
    differences bigint NOT NULL DEFAULT 0,
    -- Differences, heads and totals: an encoded Verification with these alone.
    result bytea NOT NULL DEFAULT '',
    report text NOT NULL DEFAULT '',
    failure text NOT NULL DEFAULT ''
);
COMMENT ON TABLE verifications IS 'what recomputations of the ledger have found';
-- At most one waits: whoever asks meanwhile gets that one.
CREATE UNIQUE INDEX verifications_waiting ON verifications (state) WHERE state = 1;
