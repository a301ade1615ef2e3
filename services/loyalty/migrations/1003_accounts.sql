-- The life of memberships, households, transfers, corrections by hand.

-- Numbers that stand for names are those of the contract:
--   membership_changes.kind   1 enrolled, 2 suspended, 3 reactivated, 4 closed, 5 card reissued,
--                             6 merged, 7 took in, 8 unmerged, 9 gave back
--   membership_changes.state  1 active, 2 suspended, 3 closed
--   adjustments.state         1 pending, 2 applied, 3 rejected, 4 lapsed

ALTER TABLE holders
    -- The household whose pool the member shares.
    ADD COLUMN household_id uuid,
    -- The membership that goes on for this one.
    ADD COLUMN merged_into uuid,
    -- By which merge.
    ADD COLUMN merge_id uuid,
    ADD CHECK (household_id IS NULL OR merged_into IS NULL),
    ADD CHECK (merged_into IS NULL OR state = 3),
    ADD CHECK ((merged_into IS NULL) = (merge_id IS NULL));
CREATE INDEX holders_merged ON holders (merged_into) WHERE merged_into IS NOT NULL;

-- Who placed the hold: the holder; or, of a pool, a member of its household.
ALTER TABLE holds ADD COLUMN customer_id uuid NOT NULL;

CREATE TABLE cards (
    customer_id uuid NOT NULL,
    card_number text NOT NULL UNIQUE CHECK (card_number ~ '^[0-9]{16}$'),
    issued_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (customer_id, card_number)
);
COMMENT ON TABLE cards IS 'each member has one that has not ended; a number is never given out again';
CREATE UNIQUE INDEX cards_valid ON cards (customer_id) WHERE ended_at IS NULL;

CREATE TABLE membership_changes (
    customer_id uuid NOT NULL,
    change_number bigint NOT NULL CHECK (change_number > 0),
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 9),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    reason text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    -- Of a merge.
    other_customer_id uuid,
    PRIMARY KEY (customer_id, change_number)
);
COMMENT ON TABLE membership_changes IS
    'append-only: the state of a membership is that of its last change; without one it is active';

CREATE TABLE merges (
    -- The membership that goes on.
    customer_id uuid NOT NULL,
    merge_id uuid NOT NULL,
    merged_customer_id uuid NOT NULL,
    -- Its state before.
    merged_state smallint NOT NULL CHECK (merged_state BETWEEN 1 AND 3),
    reason text NOT NULL,
    merged_by text NOT NULL,
    merged_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, merge_id)
);
COMMENT ON TABLE merges IS 'append-only: memberships that went into others';

CREATE TABLE merged_wallets (
    customer_id uuid NOT NULL,
    merge_id uuid NOT NULL,
    wallet_id text NOT NULL,
    points bigint NOT NULL CHECK (points >= 0),
    debt bigint NOT NULL CHECK (debt >= 0),
    PRIMARY KEY (customer_id, merge_id, wallet_id)
);
COMMENT ON TABLE merged_wallets IS 'append-only: what came over; a merge is undone when all of it is there';

CREATE TABLE merge_gains (
    customer_id uuid NOT NULL,
    merge_id uuid NOT NULL,
    wallet_id text NOT NULL,
    -- Points of all accounts together; below zero: more has gone than come.
    points bigint NOT NULL,
    PRIMARY KEY (customer_id, merge_id, wallet_id)
);
COMMENT ON TABLE merge_gains IS
    'what came for memberships since they were merged: it goes back with what they brought';

CREATE TABLE merge_undoings (
    customer_id uuid NOT NULL,
    merge_id uuid NOT NULL,
    reason text NOT NULL,
    undone_by text NOT NULL,
    undone_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, merge_id)
);
COMMENT ON TABLE merge_undoings IS 'append-only: merges that were undone, each once';

CREATE TABLE households (
    -- The pool is a holder under the same id.
    household_id uuid PRIMARY KEY,
    program_id text NOT NULL,
    display_name text NOT NULL,
    owner_customer_id uuid NOT NULL,
    -- What is pooled: it stays as it was when the household was founded, whatever the program says
    -- later, so that nobody's points are out of reach.
    wallet_ids text[] NOT NULL,
    created_at timestamptz NOT NULL,
    dissolved_at timestamptz
);
COMMENT ON TABLE households IS 'locked through the pool, a holder of the same id';

CREATE TABLE household_members (
    household_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    joined_at timestamptz NOT NULL,
    left_at timestamptz,
    -- Some of the points that the member takes home were held by others at leaving.
    is_owed boolean NOT NULL DEFAULT false CHECK (NOT is_owed OR left_at IS NOT NULL),
    PRIMARY KEY (household_id, customer_id)
);
COMMENT ON TABLE household_members IS
    'who is in a household has its id in holders too; who has left keeps the row';
-- Those who are still to get something: few.
CREATE INDEX household_members_owed ON household_members (household_id) WHERE is_owed;

CREATE TABLE household_invitations (
    household_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    inviter_customer_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (household_id, customer_id)
);
COMMENT ON TABLE household_invitations IS 'a row leaves when the invited member joins';

CREATE TABLE household_spending (
    household_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    wallet_id text NOT NULL,
    -- The period of the program's limit, as `2026-03`; a new one begins with nothing spent.
    period text NOT NULL,
    points bigint NOT NULL CHECK (points >= 0),
    PRIMARY KEY (household_id, customer_id, wallet_id)
);
COMMENT ON TABLE household_spending IS 'what members have drawn from the pool in its present period';

CREATE TABLE transfers (
    -- Who sent.
    customer_id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    recipient_customer_id uuid NOT NULL,
    wallet_id text NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    reference text NOT NULL,
    -- The local month of the program that it counts in, as `2026-03`.
    month text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, transfer_id)
);
COMMENT ON TABLE transfers IS 'append-only: points that members sent each other';
CREATE INDEX transfers_received ON transfers (recipient_customer_id, transfer_id);

CREATE TABLE adjustments (
    customer_id uuid NOT NULL,
    adjustment_id uuid NOT NULL,
    wallet_id text NOT NULL,
    points bigint NOT NULL CHECK (points <> 0),
    reason_code text NOT NULL,
    reason text NOT NULL,
    reference text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    -- NULL: it needed nobody else.
    decide_until timestamptz,
    -- From here on it changes, once.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    decided_by text,
    decided_at timestamptz CHECK ((decided_at IS NULL) = (state = 1)),
    decision_reason text NOT NULL DEFAULT '',
    operation_id uuid CHECK ((operation_id IS NOT NULL) = (state = 2)),
    PRIMARY KEY (customer_id, adjustment_id),
    -- Four eyes, whatever the code does.
    CHECK (state <> 2 OR decide_until IS NULL OR decided_by <> created_by)
);
COMMENT ON TABLE adjustments IS 'corrections by hand, made or to be decided on';
CREATE INDEX adjustments_in_order ON adjustments (adjustment_id);
CREATE INDEX adjustments_pending ON adjustments (decide_until) WHERE state = 1;
