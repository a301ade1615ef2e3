-- Writes the postings of members. Parameters, all columns: $1-$6 of the new operations; $7-$18 of
-- the new lots; $19-$26 of the new entries; $27-$33 the members' figures after it.
WITH operation AS (
    INSERT INTO operations
        (customer_id, operation_id, kind, reference, effective_at, recorded_at)
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::timestamptz[], $6::timestamptz[])
), opened AS (
    INSERT INTO lots (customer_id, lot_id, operation_id, reference, priority, earned_at,
        active_at, expires_at, original, available, pending, held)
    SELECT * FROM unnest(
        $7::uuid[], $8::uuid[], $9::uuid[], $10::text[], $11::smallint[], $12::timestamptz[],
        $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::bigint[],
        $17::bigint[], $18::bigint[])
), entry AS (
    INSERT INTO entries (customer_id, entry_number, entry_id, operation_id, account,
        amount, balance_after, lot_id)
    SELECT * FROM unnest(
        $19::uuid[], $20::bigint[], $21::uuid[], $22::uuid[], $23::smallint[], $24::bigint[],
        $25::bigint[], $26::uuid[])
), moved AS (
    -- New lots are written above as they are in the end, and not seen here.
    UPDATE lots SET
        available = lots.available + move.available,
        pending = lots.pending + move.pending,
        held = lots.held + move.held
    FROM (
        SELECT customer_id, lot_id,
            coalesce(sum(amount) FILTER (WHERE account = 1), 0)::bigint AS available,
            coalesce(sum(amount) FILTER (WHERE account = 2), 0)::bigint AS pending,
            coalesce(sum(amount) FILTER (WHERE account = 3), 0)::bigint AS held
        FROM unnest($19::uuid[], $23::smallint[], $24::bigint[], $26::uuid[])
            AS m(customer_id, account, amount, lot_id)
        WHERE lot_id IS NOT NULL
        GROUP BY customer_id, lot_id
    ) AS move
    WHERE lots.customer_id = move.customer_id AND lots.lot_id = move.lot_id
)
UPDATE members SET available = figures.available, pending = figures.pending, held = figures.held,
    debt = figures.debt, lifetime_earned = figures.lifetime_earned,
    entry_count = figures.entry_count
FROM unnest($27::uuid[], $28::bigint[], $29::bigint[], $30::bigint[], $31::bigint[], $32::bigint[],
        $33::bigint[])
    AS figures(customer_id, available, pending, held, debt, lifetime_earned, entry_count)
WHERE members.customer_id = figures.customer_id
