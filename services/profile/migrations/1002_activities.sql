-- Orders and returns, and the registers of their ids.

CREATE TABLE orders (
    customer_id uuid NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    entry_id    uuid NOT NULL,
    channel     text NOT NULL,
    store_id    text NOT NULL,
    order_time  timestamptz NOT NULL,
    currency    text NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    -- [{"line", "product", "name", "category", "quantity", "amount"}]; never changes.
    lines       jsonb NOT NULL,
    -- [[pieces, minor units]]: what came back of each line, in the order of `lines`; shorter when
    -- nothing came back of the last ones. Follows from the applied returns.
    returned    jsonb NOT NULL DEFAULT '[]',
    record_time timestamptz NOT NULL,
    PRIMARY KEY (customer_id, order_id)
);
CREATE INDEX orders_by_time ON orders (customer_id, order_time, entry_id);

CREATE TABLE returns (
    customer_id   uuid NOT NULL,
    return_id     text COLLATE "C" NOT NULL,
    order_id      text COLLATE "C" NOT NULL,
    entry_id      uuid NOT NULL,
    return_time   timestamptz NOT NULL,
    reason        text NOT NULL,
    -- Of the refunds that were told; null when none was.
    told_currency text,
    -- [{"line", "quantity", "refund"}] as they were told; never changes.
    lines         jsonb NOT NULL,
    state         text NOT NULL CHECK (state IN ('awaiting_order', 'applied', 'rejected')),
    reject_reason text,
    -- [minor units of `currency`]: what was paid back for each line, in the order of `lines`.
    refunds       jsonb,
    currency      text,
    record_time   timestamptz NOT NULL,
    PRIMARY KEY (customer_id, return_id),
    CHECK ((state = 'rejected') = (reject_reason IS NOT NULL)),
    CHECK ((state = 'applied') = (refunds IS NOT NULL AND currency IS NOT NULL))
);
CREATE INDEX returns_by_time ON returns (customer_id, return_time, entry_id);
-- Small: asked when an order arrives that returns have named before.
CREATE INDEX returns_awaiting ON returns (order_id) WHERE state = 'awaiting_order';

-- An id that only returns have named so far has no customer. Whoever settles returns of an order,
-- or records it, locks its row here first: so an order and a return of it can't miss each other,
-- whichever customers they name.
CREATE TABLE order_ids (
    order_id    text COLLATE "C" PRIMARY KEY,
    customer_id uuid
);

CREATE TABLE return_ids (
    return_id   text COLLATE "C" PRIMARY KEY,
    customer_id uuid NOT NULL
);
