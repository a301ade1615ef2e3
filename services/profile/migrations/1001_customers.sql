-- Customers, and the register of identifiers.
--
-- Tables of a customer have customer_id first in their key, so that they can be spread over nodes by
-- it. What must be unique in the whole company has a register of its own, spread by its own key.
-- For the same reason no foreign keys cross from one to the other; both sides are always written in
-- one transaction.

CREATE TABLE customers (
    customer_id   uuid PRIMARY KEY,
    -- The customer whom this id leads to: itself, or the older one whom it was joined to. What is known
    -- of a person stands in that row, and locking that row is what keeps others from changing who is who.
    profile_id    uuid NOT NULL,
    -- The ids that lead here, sorted.
    absorbed      uuid[] NOT NULL,
    -- Goes up whenever who belongs to the profile changes, also across profiles: of two that one id was
    -- in, the later has the greater.
    revision      bigint NOT NULL CHECK (revision >= 1),
    -- {"field": {"source", "channel", "observed_at"}}: where each value comes from.
    origins       jsonb NOT NULL,
    -- Identifiers, names, birth date, gender, address and what else is known of the person, sealed under the
    -- customer's key (subject_keys) for this version of the row; empty where the id leads to another.
    personal      bytea NOT NULL,
    -- The index key that made the fingerprints of this row, and of what its own sources name.
    index_id      text COLLATE "C" NOT NULL,
    -- Short fingerprints of phones, addresses and names in a form in which they are compared.
    match_keys    bigint[] NOT NULL,
    region_code   text COLLATE "C" NOT NULL,
    brand         text NOT NULL,
    language_code text NOT NULL,
    time_zone     text NOT NULL,
    version       bigint NOT NULL CHECK (version >= 1),
    create_time   timestamptz NOT NULL,
    update_time   timestamptz NOT NULL,
    CHECK ((personal = '') = (profile_id <> customer_id)),
    CHECK (profile_id <= customer_id),
    CHECK (absorbed = '{}' OR profile_id = customer_id)
);

-- Who may be the same person. An array of many records changes less often than orders come in.
CREATE INDEX customers_by_match_key ON customers USING gin (match_keys);

-- Lists are by descending id, which is descending time of creation.
CREATE INDEX customers_by_region ON customers (region_code, customer_id);

-- Which rows a new index key has still to make the fingerprints of.
CREATE INDEX customers_by_index_key ON customers (index_id, customer_id);

-- Whose own sources name an identifier. Merges do not touch it, so it is right again after an unmerge. What
-- the identifier is stands in those sources, sealed.
CREATE TABLE identifier_owners (
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- The index key that made it.
    key_id      text COLLATE "C" NOT NULL,
    -- It is of a kind that people share, so it tells of nobody who somebody is.
    is_shared   boolean NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (fingerprint)
);

-- One row for each customer, made with the customer: what was recorded under this id. Whoever records
-- activity locks the row of the profile first, which puts the activities of one person in a row. It
-- stands apart from `customers` because it changes with each order; profile_id and absorbed are the same
-- as there.
CREATE TABLE customer_traits (
    customer_id        uuid PRIMARY KEY,
    profile_id         uuid NOT NULL,
    absorbed           uuid[] NOT NULL DEFAULT '{}',
    order_count        bigint NOT NULL DEFAULT 0,
    return_count       bigint NOT NULL DEFAULT 0,
    first_order_time   timestamptz,
    last_order_time    timestamptz,
    last_activity_time timestamptz,
    -- [{"currency", "orders", "gross", "refunded"}], amounts in minor units.
    spend              jsonb NOT NULL DEFAULT '[]',
    CHECK (order_count >= 0 AND return_count >= 0)
) WITH (fillfactor = 70); -- room for updates within the page
