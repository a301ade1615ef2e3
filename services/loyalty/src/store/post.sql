-- Writes a posting. Parameters: $1 the member; $2-$6 columns of the new operations; $7-$17 of the new
-- lots; $18-$24 of the new entries; $25-$30 the member's figures after it.
WITH operation AS (
    INSERT INTO operations
        (customer_id, operation_id, kind, reference, effective_at, recorded_at)
    SELECT $1, * FROM unnest(
        $2::uuid[], $3::smallint[], $4::text[], $5::timestamptz[], $6::timestamptz[])
), opened AS (
    INSERT INTO lots (customer_id, lot_id, operation_id, reference, priority, earned_at,
        active_at, expires_at, original, available, pending, held)
    SELECT $1, * FROM unnest(
        $7::uuid[], $8::uuid[], $9::text[], $10::smallint[], $11::timestamptz[],
        $12::timestamptz[], $13::timestamptz[], $14::bigint[], $15::bigint[],
        $16::bigint[], $17::bigint[])
), entry AS (
    INSERT INTO entries (customer_id, entry_number, entry_id, operation_id, account,
        amount, balance_after, lot_id)
    SELECT $1, * FROM unnest(
        $18::bigint[], $19::uuid[], $20::uuid[], $21::smallint[], $22::bigint[],
        $23::bigint[], $24::uuid[])
), moved AS (
    -- New lots are written above as they are in the end, and not seen here.
    UPDATE lots SET
        available = lots.available + move.available,
        pending = lots.pending + move.pending,
        held = lots.held + move.held
    FROM (
        SELECT lot_id,
            coalesce(sum(amount) FILTER (WHERE account = 1), 0)::bigint AS available,
            coalesce(sum(amount) FILTER (WHERE account = 2), 0)::bigint AS pending,
            coalesce(sum(amount) FILTER (WHERE account = 3), 0)::bigint AS held
        FROM unnest($21::smallint[], $22::bigint[], $24::uuid[]) AS m(account, amount, lot_id)
        GROUP BY lot_id
    ) AS move
    WHERE lots.customer_id = $1 AND lots.lot_id = move.lot_id
)
UPDATE members SET available = $25, pending = $26, held = $27, debt = $28,
    lifetime_earned = $29, entry_count = $30
WHERE customer_id = $1
