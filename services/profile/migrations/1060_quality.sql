-- When it was last known that somebody can be reached.

-- When the contact value was last seen or confirmed of which that is longest ago; null: there is none.
ALTER TABLE customers ADD COLUMN contact_time timestamptz;

-- {"field": instant}: when somebody said that what the source says is still so.
ALTER TABLE sources ADD COLUMN confirmed jsonb NOT NULL DEFAULT '{}';

-- The queue of those whom somebody should ask: a page is a range of it.
CREATE INDEX customers_by_contact_time ON customers (contact_time, customer_id)
    WHERE contact_time IS NOT NULL;

-- As good as at random, since ids end with random bytes: samples are ranges of it.
CREATE INDEX customers_at_random ON customers ((substring(uuid_send(customer_id) FROM 13)));
