SET LOCAL lock_timeout = '2s';

-- What was bought at once, as facts: a sale is version 1; each return that takes a product out of it
-- is a version of its own. Counts and recommendations are functions of this table alone.
CREATE TABLE basket_facts (
    basket_id      text        NOT NULL,
    version        integer     NOT NULL CHECK (version >= 1),
    -- (transaction_id, position) orders the facts for replicas that follow the table. A reader who
    -- stays below the commit horizon misses none; a bare sequence would lose what commits late.
    transaction_id xid8        NOT NULL DEFAULT pg_current_xact_id(),
    position       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    purchase_time  timestamptz NOT NULL,
    record_time    timestamptz NOT NULL,
    -- Each once, ascending by bytes; names at the time of sale, place by place, empty when not told.
    product_ids    text[]      NOT NULL,
    product_names  text[]      NOT NULL,
    PRIMARY KEY (basket_id, version),
    CHECK (cardinality(product_ids) = cardinality(product_names))
);
COMMENT ON TABLE basket_facts IS 'append-only: what was bought at once';

CREATE INDEX basket_facts_feed ON basket_facts (transaction_id, position);
