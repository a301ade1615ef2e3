-- Customers in an order that is as good as random stood in two indexes, one of them of people alone. Each new customer was
-- written to both, at a random place.
SET LOCAL lock_timeout = '2s';

DROP INDEX customers_sample;
