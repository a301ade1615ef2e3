-- What members are given and what they order: grants, stocks, orders of rewards, coupons.

-- Numbers that stand for names are those of the contract:
--   grants.kind        1 points, 2 coupon, 3 benefit use, 4 badge, 5 tickets
--   grants.cause_kind  1 package, 2 challenge, 3 referral, 4 draw, 5 reward order, 6 by hand
--   stocks.kind        1 reward, 2 coupon template, 3 benefit, 4 prize of a draw
--   reward_orders.kind 1 goods, 2 cash deduction, 3 service, 4 draw ticket, 5 coupon
--   reward_orders.state 1 held, 2 completed, 3 canceled, 4 lapsed, 5 partly returned, 6 returned
--   coupons.state      1 available, 2 reserved, 3 used, 4 voided
--   coupon_reservations.state 1 open, 2 used, 3 released, 5 returned

CREATE TABLE grants (
    customer_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    cause_kind smallint NOT NULL CHECK (cause_kind BETWEEN 1 AND 6),
    cause_id text NOT NULL,
    -- Its place in the list of what the cause gives.
    position smallint NOT NULL CHECK (position >= 0),
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
    -- The point currency, the template, the benefit, the badge, the draw.
    subject text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    -- What it came to: a lot, a coupon.
    result_id uuid,
    given_at timestamptz NOT NULL,
    revoked_at timestamptz,
    -- Of what was revoked, how much could not be taken back.
    kept bigint NOT NULL DEFAULT 0 CHECK (kept BETWEEN 0 AND quantity),
    PRIMARY KEY (customer_id, grant_id),
    CHECK (revoked_at IS NOT NULL OR kept = 0)
);
COMMENT ON TABLE grants IS 'what members were given and why; written under the member''s lock';
-- A cause gives each of its things once; when it was taken back, it may give it again.
CREATE UNIQUE INDEX grants_standing ON grants (customer_id, cause_kind, cause_id, position)
    WHERE revoked_at IS NULL;
-- What is counted on: badges, uses of benefits, tickets of a draw.
CREATE INDEX grants_subject ON grants (customer_id, kind, subject) WHERE revoked_at IS NULL;
-- What a cause gave before, when it gives again.
CREATE INDEX grants_cause ON grants (customer_id, cause_kind, cause_id) WHERE kept > 0;

CREATE TABLE stocks (
    program_id text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    item_id text NOT NULL,
    -- By operators. What the program plans is in its document, so a new version can change it.
    adjusted bigint NOT NULL DEFAULT 0,
    taken bigint NOT NULL DEFAULT 0 CHECK (taken >= 0),
    revision bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (program_id, kind, item_id)
)
WITH (fillfactor = 50);
COMMENT ON TABLE stocks IS
    'locked after members and before anything that is announced; only for what has a limit';

CREATE TABLE reward_orders (
    customer_id uuid NOT NULL,
    reward_order_id uuid NOT NULL,
    program_id text NOT NULL,
    program_version bigint NOT NULL,
    reward_id text NOT NULL,
    display_name text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
    quantity bigint NOT NULL CHECK (quantity > 0),
    wallet text NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    cash_currency text,
    cash_minor bigint NOT NULL DEFAULT 0 CHECK (cash_minor >= 0),
    deduction_currency text,
    deduction_minor bigint NOT NULL DEFAULT 0 CHECK (deduction_minor >= 0),
    -- Whether pieces of it are counted in stocks: a later version of the program may do otherwise.
    counts_stock boolean NOT NULL,
    reference text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 6),
    quote_id uuid,
    redemption_id uuid,
    hold_id uuid,
    hold_expires_at timestamptz,
    returned_quantity bigint NOT NULL DEFAULT 0 CHECK (returned_quantity BETWEEN 0 AND quantity),
    returned_minor bigint NOT NULL DEFAULT 0 CHECK (returned_minor BETWEEN 0 AND deduction_minor),
    restored_points bigint NOT NULL DEFAULT 0 CHECK (restored_points BETWEEN 0 AND points),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, reward_order_id),
    CHECK ((kind = 2) = (deduction_currency IS NOT NULL)),
    CHECK (cash_minor = 0 OR cash_currency IS NOT NULL),
    CHECK (redemption_id IS NOT NULL OR hold_id IS NOT NULL)
);
COMMENT ON TABLE reward_orders IS 'what members ordered for points; written under the member''s lock';
-- A quote is good for one order.
CREATE UNIQUE INDEX reward_orders_quote ON reward_orders (customer_id, quote_id)
    WHERE quote_id IS NOT NULL;
-- The limit of a member.
CREATE INDEX reward_orders_limit ON reward_orders (customer_id, reward_id, created_at);
-- What lapses next.
CREATE INDEX reward_orders_held ON reward_orders (hold_expires_at, customer_id, reward_order_id)
    WHERE state = 1;

CREATE TABLE coupon_batches (
    batch_id uuid PRIMARY KEY,
    program_id text NOT NULL,
    program_version bigint NOT NULL,
    template_id text NOT NULL,
    requested bigint NOT NULL CHECK (requested > 0),
    issued bigint NOT NULL DEFAULT 0 CHECK (issued BETWEEN 0 AND requested),
    reference text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    voided_at timestamptz,
    CHECK (completed_at IS NULL OR issued = requested)
);
COMMENT ON TABLE coupon_batches IS
    'coupons of a voided batch are void unless they were used; their rows are not touched for it';
CREATE INDEX coupon_batches_open ON coupon_batches (batch_id)
    WHERE completed_at IS NULL AND voided_at IS NULL;

-- A coupon may belong to nobody until it is used, so it is keyed by itself and not by a customer.
CREATE TABLE coupons (
    coupon_id uuid PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    batch_id uuid,
    customer_id uuid,
    program_id text NOT NULL,
    program_version bigint NOT NULL,
    template_id text NOT NULL,
    state smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    issued_at timestamptz NOT NULL,
    -- The reservation that holds it, or by which it was used; what is held beyond that instant is
    -- free again, without anybody having to say so.
    reservation_id uuid,
    reserved_until timestamptz,
    used_at timestamptz,
    order_id text,
    voided_at timestamptz,
    void_reason text,
    CHECK ((state = 2) = (reserved_until IS NOT NULL)),
    CHECK ((state = 3) = (used_at IS NOT NULL)),
    CHECK ((state = 3) = (order_id IS NOT NULL)),
    CHECK ((state = 4) = (voided_at IS NOT NULL)),
    CHECK (state NOT IN (2, 3) OR reservation_id IS NOT NULL)
);
COMMENT ON TABLE coupons IS 'locked in ascending order of ids, after members and stocks';
CREATE UNIQUE INDEX coupons_code ON coupons (code);
CREATE INDEX coupons_batch ON coupons (batch_id, coupon_id) WHERE batch_id IS NOT NULL;
CREATE INDEX coupons_customer ON coupons (customer_id, coupon_id) WHERE customer_id IS NOT NULL;
CREATE TABLE coupon_reservations (
    customer_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    state smallint NOT NULL CHECK (state IN (1, 2, 3, 5)),
    order_id text NOT NULL,
    currency_code text NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, reservation_id)
);
COMMENT ON TABLE coupon_reservations IS 'coupons of one basket';
-- What a wholly returned purchase gives back.
CREATE INDEX coupon_reservations_used ON coupon_reservations (customer_id, order_id)
    WHERE state = 2;

CREATE TABLE coupon_discounts (
    customer_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    position smallint NOT NULL,
    coupon_id uuid NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    free_delivery boolean NOT NULL,
    gift_product_id text NOT NULL,
    line_ids text[] NOT NULL,
    line_amounts bigint[] NOT NULL CHECK (cardinality(line_amounts) = cardinality(line_ids)),
    PRIMARY KEY (customer_id, reservation_id, position),
    FOREIGN KEY (customer_id, reservation_id) REFERENCES coupon_reservations
);
COMMENT ON TABLE coupon_discounts IS 'append-only: what each coupon took off, fixed when it was reserved';
