-- Orders that members bought, and what they gave back.

CREATE TABLE sales (
    customer_id uuid NOT NULL,
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
