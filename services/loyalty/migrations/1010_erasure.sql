SET LOCAL lock_timeout = '2s';

-- SHA-256 of a text that was erased: what the hash of the operation covers goes on to be known, so the
-- ledger can still be proven. NULL: it was not.
ALTER TABLE operations
    ADD COLUMN reference_hash bytea CHECK (octet_length(reference_hash) = 32),
    ADD COLUMN details_hash bytea CHECK (octet_length(details_hash) = 32),
    ADD CHECK (reference_hash IS NULL OR reference = ''),
    ADD CHECK (details_hash IS NULL OR details = '');
ALTER TABLE lots
    ADD COLUMN reference_hash bytea CHECK (octet_length(reference_hash) = 32),
    ADD CHECK (reference_hash IS NULL OR reference = '');

-- Closes the memberships of a person and takes out of them what tells who it was and what it did. Points
-- and their entries stay, under an id that leads to nobody: the ledger has to add up.
CREATE FUNCTION erase_person(ids uuid[])
RETURNS TABLE (store text, outcome text, erased bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- Whoever writes to one of them ends first; so does whoever writes to a pool that they shared.
    PERFORM FROM holders WHERE holder_id = ANY (ids)
        OR holder_id IN (SELECT household_id FROM household_members WHERE customer_id = ANY (ids))
    ORDER BY holder_id FOR UPDATE;
    RETURN QUERY WITH closed AS (
        UPDATE holders SET state = 3 WHERE holder_id = ANY (ids) AND kind = 1 AND state <> 3
        RETURNING holder_id
    ), noted AS (
        INSERT INTO membership_changes (customer_id, change_number, kind, state, reason, changed_by,
            changed_at)
        SELECT holder_id, 1 + coalesce((SELECT max(change_number) FROM membership_changes
            WHERE customer_id = holder_id), 0), 4, 3, '', 'service:profile', now()
        FROM closed
    ) SELECT 'holders', 'anonymized', count(*) FROM closed;

    -- Operations of the person; those that it made on a pool; those by which others received from it.
    RETURN QUERY WITH theirs AS (
        SELECT holder_id, operation_id FROM operations WHERE holder_id = ANY (ids)
        UNION
        SELECT o.holder_id, o.operation_id FROM operations AS o
        JOIN household_members AS m ON m.household_id = o.holder_id
        WHERE m.customer_id = ANY (ids)
          AND position(convert_to(m.customer_id::text, 'UTF8') IN o.details) > 0
        UNION
        SELECT o.holder_id, o.operation_id FROM operations AS o
        JOIN transfers AS t ON t.recipient_customer_id = o.holder_id
            AND t.reference = o.reference AND t.created_at = o.recorded_at
        WHERE t.customer_id = ANY (ids) AND t.reference <> ''
    ), emptied AS (
        UPDATE operations AS o SET
            reference = '', reference_hash = sha256(convert_to(o.reference, 'UTF8')),
            -- Those of holds, of their ends and of expiries have instants only, which prove the holds.
            details = CASE WHEN o.kind IN (5, 9, 10) THEN o.details ELSE '' END,
            details_hash = CASE WHEN o.kind NOT IN (5, 9, 10) THEN sha256(o.details) END
        FROM theirs
        WHERE o.holder_id = theirs.holder_id AND o.operation_id = theirs.operation_id
          AND o.reference_hash IS NULL
        RETURNING o.holder_id, o.operation_id
    ), lots_emptied AS (
        UPDATE lots SET reference = '', reference_hash = sha256(convert_to(reference, 'UTF8'))
        WHERE reference_hash IS NULL AND (holder_id = ANY (ids)
            OR (contributor = ANY (ids) AND holder_id IN (
                SELECT household_id FROM household_members WHERE customer_id = ANY (ids)))
            OR (holder_id, operation_id) IN (SELECT * FROM theirs))
        RETURNING 1
    )
    SELECT 'operations', 'anonymized', count(*) FROM emptied
    UNION ALL SELECT 'lots', 'anonymized', count(*) FROM lots_emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE holds SET reference = ''
        WHERE (customer_id = ANY (ids) OR holder_id = ANY (ids)) AND reference <> ''
        RETURNING 1
    ) SELECT 'holds', 'anonymized', count(*) FROM emptied;

    RETURN QUERY WITH gone AS (DELETE FROM memberships_apart WHERE customer_id = ANY (ids) RETURNING 1)
    SELECT 'memberships_apart', 'deleted', count(*) FROM gone;
    RETURN QUERY WITH emptied AS (
        -- The number stays, so that it is never given out again; whose it was is gone.
        UPDATE cards SET customer_id = gen_random_uuid(), ended_at = coalesce(ended_at, now())
        WHERE customer_id = ANY (ids)
        RETURNING 1
    ) SELECT 'cards', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE households SET display_name = '' WHERE owner_customer_id = ANY (ids) AND display_name <> ''
        RETURNING 1
    ) SELECT 'households', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH gone AS (
        DELETE FROM household_invitations
        WHERE customer_id = ANY (ids) OR inviter_customer_id = ANY (ids)
        RETURNING 1
    ) SELECT 'household_invitations', 'deleted', count(*) FROM gone;
    RETURN QUERY WITH emptied AS (
        UPDATE transfers SET reference = ''
        WHERE (customer_id = ANY (ids) OR recipient_customer_id = ANY (ids)) AND reference <> ''
        RETURNING 1
    ) SELECT 'transfers', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE grants SET cause_id = grant_id::text
        WHERE customer_id = ANY (ids) AND cause_id <> grant_id::text
        RETURNING 1
    ) SELECT 'grants', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE coupons SET order_id = CASE WHEN order_id IS NOT NULL THEN '' END,
            void_reason = CASE WHEN void_reason IS NOT NULL THEN '' END
        WHERE customer_id = ANY (ids) AND (order_id <> '' OR void_reason <> '')
        RETURNING 1
    ) SELECT 'coupons', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE coupon_discounts SET line_ids = array_fill(''::text, ARRAY[cardinality(line_ids)])
        WHERE customer_id = ANY (ids) AND line_ids <> array_fill(''::text, ARRAY[cardinality(line_ids)])
        RETURNING 1
    ) SELECT 'coupon_discounts', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        UPDATE referrals SET code = '',
            order_id = CASE WHEN customer_id = ANY (ids) AND order_id IS NOT NULL THEN '' ELSE order_id END
        WHERE (customer_id = ANY (ids) OR referrer_id = ANY (ids)) AND (code <> '' OR order_id <> '')
        RETURNING 1
    ) SELECT 'referrals', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH emptied AS (
        -- The tree of hashes stays whole; the leaf of the ticket can be made anew no longer.
        UPDATE draw_tickets SET client_seed = '' WHERE customer_id = ANY (ids) AND client_seed <> ''
        RETURNING 1
    ) SELECT 'draw_tickets', 'anonymized', count(*) FROM emptied;
    RETURN QUERY WITH gone AS (
        DELETE FROM runs WHERE EXISTS (
            SELECT FROM unnest(ids) AS id
            WHERE position(convert_to(id::text, 'UTF8') IN request || coalesce(result, '')) > 0)
        RETURNING 1
    ) SELECT 'runs', 'deleted', count(*) FROM gone;
    RETURN QUERY SELECT * FROM erase_texts('{
        "membership_changes": ["reason"], "merges": ["reason"], "merge_undoings": ["reason"],
        "adjustments": ["reason", "reference", "decision_reason"], "tier_gifts": ["reason"],
        "tier_gift_withdrawals": ["reason"], "tier_metrics": ["reference"],
        "tier_changes": ["reference"], "benefit_uses": ["reference"],
        "reward_orders": ["reference"], "coupon_reservations": ["order_id"]}', ids);
    RETURN QUERY SELECT * FROM erase_rows('{sales, returns, activities, ratings, rule_awards,
        parked_ratings, member_segments, member_days, birthday_queue, referral_codes, challenge_facts,
        person_ids, person_places, restricted_ids}', ids);
    RETURN QUERY SELECT * FROM erase_nothing('{merged_wallets, merge_gains, household_members,
        household_spending, tier_standings, benefit_returns, package_grants, referral_aliases,
        challenge_milestones, quiz_attempts, draw_winners}', ids);
END
$$;
REVOKE ALL ON FUNCTION erase_person(uuid[]) FROM PUBLIC;
