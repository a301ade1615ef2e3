-- Customers found by how their names begin.
SET LOCAL lock_timeout = '2s';

-- The name in the ways in which it is searched for, small letters and figures alone, at most four. It is no
-- table of its own: written with the customer, gone with the customer.
ALTER TABLE customers ADD COLUMN search_keys text[] COLLATE "C" NOT NULL DEFAULT '{}';

-- One for each way, so that the first of many are read in order, however many there are.
CREATE INDEX customers_by_name_1 ON customers ((search_keys[1]), customer_id) WHERE search_keys[1] IS NOT NULL;
CREATE INDEX customers_by_name_2 ON customers ((search_keys[2]), customer_id) WHERE search_keys[2] IS NOT NULL;
CREATE INDEX customers_by_name_3 ON customers ((search_keys[3]), customer_id) WHERE search_keys[3] IS NOT NULL;
CREATE INDEX customers_by_name_4 ON customers ((search_keys[4]), customer_id) WHERE search_keys[4] IS NOT NULL;

-- Whoever is created is looked for at once, by those who may be the same person. A list of what is not in the index
-- yet, as GIN keeps one by default, would be read through each time.
ALTER INDEX customers_by_match_key SET (fastupdate = off);
