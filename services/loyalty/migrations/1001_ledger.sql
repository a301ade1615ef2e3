-- Members and the points ledger. Points are minor units of the program's point currency.

-- Numbers that stand for names are those of the contract:
--   state    1 active, 2 suspended, 3 closed
--   rounding 1 floor, 2 half up, 3 half even
--   kind     1 earn, 2 redeem, 3 claw back, 4 repay debt, 5 expire, 6 restore, 7 adjust, 8 transfer
--   account  1 available, 2 pending, 3 held, 4 debt; of the program: 5 issuance, 6 redemption,
--            7 expiry, 8 adjustment, 9 transfer

CREATE TABLE program_versions (
    program_id text NOT NULL CHECK (program_id ~ '^[a-z][a-z0-9-]{0,31}$'),
    version bigint NOT NULL CHECK (version > 0),
    -- Orders from here on earn by this version; those before the first version earn by the first.
    in_force_from timestamptz NOT NULL,
    display_name text NOT NULL,
    point_currency text NOT NULL,
    decimals smallint NOT NULL CHECK (decimals BETWEEN 0 AND 4),
    time_zone text NOT NULL,
    points_per_currency_unit bigint NOT NULL CHECK (points_per_currency_unit >= 0),
    rounding smallint NOT NULL CHECK (rounding BETWEEN 1 AND 3),
    minimum_redemption bigint NOT NULL CHECK (minimum_redemption > 0),
    PRIMARY KEY (program_id, version)
);
COMMENT ON TABLE program_versions IS
    'append-only: a change of a program is its next version, and each sale keeps the one of its time';

CREATE TABLE members (
    customer_id uuid PRIMARY KEY,
    program_id text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    enrolled_at timestamptz NOT NULL,
    available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    pending bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    -- An account like the others, so what is owed is a balance below 0.
    debt bigint NOT NULL DEFAULT 0 CHECK (debt <= 0),
    lifetime_earned bigint NOT NULL DEFAULT 0,
    entry_count bigint NOT NULL DEFAULT 0 CHECK (entry_count >= 0)
)
-- The row changes with each operation; room for the new version on its page keeps the index still.
WITH (fillfactor = 80);
COMMENT ON TABLE members IS
    'locked before anything else of the member is read; its balances are the sums of its entries';

CREATE TABLE operations (
    customer_id uuid NOT NULL REFERENCES members,
    operation_id uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 8),
    reference text NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, operation_id)
);
COMMENT ON TABLE operations IS 'append-only: the entries of each add up to 0';

CREATE TABLE lots (
    customer_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    reference text NOT NULL,
    priority smallint NOT NULL,
    earned_at timestamptz NOT NULL,
    active_at timestamptz NOT NULL,
    expires_at timestamptz,
    original bigint NOT NULL CHECK (original > 0),
    available bigint NOT NULL CHECK (available >= 0),
    pending bigint NOT NULL CHECK (pending >= 0),
    held bigint NOT NULL CHECK (held >= 0),
    PRIMARY KEY (customer_id, lot_id),
    FOREIGN KEY (customer_id, operation_id) REFERENCES operations
)
WITH (fillfactor = 90);
-- The order of consumption, over what still holds points. A lot that never lapses comes last.
CREATE INDEX lots_spending ON lots
    (customer_id, priority, (coalesce(expires_at, 'infinity')), earned_at, lot_id)
    WHERE available + pending + held > 0;

CREATE TABLE entries (
    customer_id uuid NOT NULL,
    entry_number bigint NOT NULL CHECK (entry_number > 0),
    entry_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    account smallint NOT NULL CHECK (account BETWEEN 1 AND 9),
    amount bigint NOT NULL CHECK (amount <> 0),
    balance_after bigint,
    lot_id uuid,
    PRIMARY KEY (customer_id, entry_number),
    FOREIGN KEY (customer_id, operation_id) REFERENCES operations,
    FOREIGN KEY (customer_id, lot_id) REFERENCES lots,
    -- A running balance for the member's accounts only: one for the program would be a hot row.
    CHECK ((account <= 4) = (balance_after IS NOT NULL)),
    CHECK ((account <= 3) = (lot_id IS NOT NULL))
);
COMMENT ON TABLE entries IS 'append-only: the ledger; all else can be computed from it';
CREATE INDEX entries_operation ON entries (customer_id, operation_id);

CREATE TABLE sales (
    customer_id uuid NOT NULL REFERENCES members,
    order_id text NOT NULL,
    program_id text NOT NULL,
    program_version bigint NOT NULL,
    ordered_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    currency_code text NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    wholly_returned boolean NOT NULL DEFAULT false,
    earned bigint NOT NULL CHECK (earned >= 0),
    clawed_back bigint NOT NULL DEFAULT 0 CHECK (clawed_back BETWEEN 0 AND earned),
    -- No foreign key: the sale's own key is claimed before the lot is written.
    lot_id uuid CHECK ((earned > 0) = (lot_id IS NOT NULL)),
    PRIMARY KEY (customer_id, order_id),
    FOREIGN KEY (program_id, program_version) REFERENCES program_versions
);

CREATE TABLE returns (
    customer_id uuid NOT NULL,
    return_id text NOT NULL,
    order_id text NOT NULL,
    returned_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    refund_minor bigint NOT NULL CHECK (refund_minor >= 0),
    PRIMARY KEY (customer_id, return_id),
    FOREIGN KEY (customer_id, order_id) REFERENCES sales
);
COMMENT ON TABLE returns IS 'append-only: what returns paid back, each counted once';

CREATE TABLE redemptions (
    customer_id uuid NOT NULL,
    redemption_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    reference text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, redemption_id),
    FOREIGN KEY (customer_id, operation_id) REFERENCES operations
);
COMMENT ON TABLE redemptions IS 'append-only: points spent, and what for';

-- What customers join by themselves: one point for each whole unit of money.
INSERT INTO program_versions VALUES
    ('default', 1, '2000-01-01T00:00:00Z', 'Points', 'POINTS', 0, 'UTC', 1, 1, 1);
