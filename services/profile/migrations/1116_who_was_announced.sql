-- Whoever is recognised when coming in gets an id that is another person's from the beginning: nobody is told of a new
-- customer, who would be welcomed once more. Once the two are parted there is one.
SET LOCAL lock_timeout = '2s';

-- Whether others were told that this is a customer.
ALTER TABLE customers ADD COLUMN announced boolean NOT NULL DEFAULT true;
