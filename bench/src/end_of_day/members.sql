-- $1 members, of whom one in twelve has points that lapsed with yesterday, one in twelve points of
-- which a reminder is due, and one in twelve a tier whose term ended yesterday. The others have
-- nothing due: as on the last day of a month, which is the busiest one.
WITH yesterday AS (
    SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date - 1 AS day
), member AS (
    SELECT gen_random_uuid() AS holder_id, number % 12 AS share
    FROM generate_series(1, $1::bigint) AS number
), holder AS (
    INSERT INTO holders (holder_id, kind, program_id, state, enrolled_at)
    SELECT holder_id, 1, 'default', 1, now() - interval '2 years' FROM member
), wallet AS (
    INSERT INTO wallets (holder_id, wallet_id, available, lifetime_earned, entry_count)
    SELECT holder_id, 'POINTS', 100, 100, 2 FROM member
), lot AS (
    INSERT INTO lots (holder_id, lot_id, wallet_id, operation_id, origin_id, reference, priority,
        earned_at, active_at, expires_at, original, available, pending, held, lapsed)
    SELECT holder_id, lot_id, 'POINTS', gen_random_uuid(), lot_id, 'order', 0,
        now() - interval '1 year', now() - interval '1 year',
        (CASE share WHEN 0 THEN day + 1 WHEN 1 THEN day + 9 ELSE day + 60 END)::timestamp
            AT TIME ZONE 'Asia/Shanghai',
        100, 100, 0, 0, 0
    FROM member CROSS JOIN yesterday CROSS JOIN LATERAL (
        SELECT gen_random_uuid() AS lot_id WHERE share >= 0
    ) AS one
)
INSERT INTO tier_standings (customer_id, ladder_id, tier_id, since_day, until_day, earned_tier_id,
    earned_since_day, earned_until_day, settled_day, due_day)
SELECT holder_id, 'status', 'gold', day - 365, until_day, 'gold', day - 365, until_day, day - 365,
    until_day
FROM member CROSS JOIN yesterday CROSS JOIN LATERAL (
    SELECT CASE share WHEN 2 THEN day ELSE day + 200 END AS until_day
) AS term
