-- Writes what a transaction has posted. $1 the chain, $2 the hashes of the operations one after the
-- other, $3 the instant of recording; then columns: $4-$14 of the operations, $15-$32 of the lots
-- that they open, $33-$38 of older lots, $39-$47 of the wallets.
WITH head AS (
    UPDATE chain_heads SET link = chain_heads.link + 1, hash = sha256(chain_heads.hash || $2)
    WHERE chain = $1
    RETURNING link, hash
), linked AS (
    INSERT INTO chain_links (chain, link, operations, hash)
    SELECT $1, link, octet_length($2) / 32, hash FROM head
), operation AS (
    INSERT INTO operations (holder_id, operation_id, wallet_id, kind, reference, subject_id,
        effective_at, recorded_at, first_entry, entries, details, hash, chain, link, ordinal)
    SELECT o.holder_id, o.operation_id, o.wallet_id, o.kind, o.reference, o.subject_id,
        o.effective_at, $3, o.first_entry, o.entries, o.details, o.hash, $1, head.link, o.ordinal
    FROM head
    CROSS JOIN unnest($4::uuid[], $5::uuid[], $6::text[], $7::smallint[], $8::text[], $9::uuid[],
        $10::timestamptz[], $11::bigint[], $12::bytea[], $13::bytea[], $14::bytea[])
        WITH ORDINALITY AS o (holder_id, operation_id, wallet_id, kind, reference, subject_id,
            effective_at, first_entry, entries, details, hash, ordinal)
), opened AS (
    INSERT INTO lots (holder_id, lot_id, wallet_id, operation_id, origin_id, reference, priority,
        earned_at, active_at, expires_at, original, cost_basis, funding_partner, contributor,
        available, pending, held, lapsed)
    SELECT * FROM unnest(
        $15::uuid[], $16::uuid[], $17::text[], $18::uuid[], $19::uuid[], $20::text[],
        $21::smallint[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[],
        $25::bigint[], $26::bigint[], $27::text[], $28::uuid[], $29::bigint[], $30::bigint[],
        $31::bigint[], $32::bigint[])
), moved AS (
    UPDATE lots SET available = m.available, pending = m.pending, held = m.held, lapsed = m.lapsed
    FROM unnest($33::uuid[], $34::uuid[], $35::bigint[], $36::bigint[], $37::bigint[],
        $38::bigint[]) AS m (holder_id, lot_id, available, pending, held, lapsed)
    WHERE lots.holder_id = m.holder_id AND lots.lot_id = m.lot_id
    RETURNING 1
), settled AS (
    UPDATE wallets SET available = w.available, pending = w.pending, held = w.held, debt = w.debt,
        lifetime_earned = w.lifetime_earned, entry_count = w.entry_count,
        last_operation_id = w.last_operation_id
    FROM unnest($39::uuid[], $40::text[], $41::bigint[], $42::bigint[], $43::bigint[],
        $44::bigint[], $45::bigint[], $46::bigint[], $47::uuid[])
        AS w (holder_id, wallet_id, available, pending, held, debt, lifetime_earned, entry_count,
            last_operation_id)
    WHERE wallets.holder_id = w.holder_id AND wallets.wallet_id = w.wallet_id
    RETURNING 1
)
SELECT (SELECT count(*) FROM moved) AS "lots!", (SELECT count(*) FROM settled) AS "wallets!"
