-- Customers found by how their names begin.
SET LOCAL lock_timeout = '2s';

-- Short fingerprints of how the name begins, in the ways in which it is searched for: of its first letter, its first
-- two, three and so on. It is no table of its own: written with the customer, gone with the customer.
ALTER TABLE customers ADD COLUMN search_keys bigint[] NOT NULL DEFAULT '{}';

CREATE INDEX customers_by_name ON customers USING gin (search_keys);

-- Whoever is created is looked for at once, by those who may be the same person. A list of what is not in the index
-- yet, as GIN keeps one by default, would be read through each time.
ALTER INDEX customers_by_match_key SET (fastupdate = off);
ALTER INDEX customers_by_name SET (fastupdate = off);
