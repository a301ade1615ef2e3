-- Tiers, benefits, packages, and what happens because a day is over.

-- Numbers that stand for names are those of the contract:
--   tier_changes.reason          1 reached, 2 kept, 3 not kept, 4 given, 5 gift ended, 6 revised
--   end_of_day_due.step          1 activate, 2 time out, 3 expire, 4 tiers, 5 packages, 6 remind
--   member_days.kind             1 birthday, 2 joining

CREATE TABLE tier_metrics (
    customer_id uuid NOT NULL,
    -- The local day of the purchase or act.
    day date NOT NULL,
    addition_id uuid NOT NULL,
    -- For what takes something back: the local day on which that happened.
    taken_back_on date CHECK (taken_back_on >= day),
    -- Of purchases.
    currency_code text CHECK (currency_code ~ '^[A-Z]{3}$'),
    spend_minor bigint NOT NULL DEFAULT 0,
    -- The same in hundredths of a major unit, which amounts in all currencies are compared by.
    spend_hundredths bigint NOT NULL DEFAULT 0,
    visits bigint NOT NULL DEFAULT 0,
    points bigint NOT NULL DEFAULT 0,
    -- Of acts.
    activity_type text,
    acts bigint NOT NULL DEFAULT 0,
    -- The order or the act.
    reference text NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- The days of a member lie together: a window is a range of them.
    PRIMARY KEY (customer_id, day, addition_id),
    CHECK ((currency_code IS NULL) <> (activity_type IS NULL))
);
COMMENT ON TABLE tier_metrics IS
    'append-only: what counted on which day, for whatever ladder asks; a return adds its negative on the day of the purchase';

CREATE TABLE tier_gifts (
    customer_id uuid NOT NULL,
    gift_id uuid NOT NULL,
    ladder_id text NOT NULL,
    tier_id text NOT NULL,
    from_day date NOT NULL,
    until_day date CHECK (until_day >= from_day),
    reason text NOT NULL,
    given_by text NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, gift_id)
);
COMMENT ON TABLE tier_gifts IS 'append-only: tiers that were given by hand';

CREATE TABLE tier_gift_withdrawals (
    customer_id uuid NOT NULL,
    gift_id uuid NOT NULL,
    withdrawn_on date NOT NULL,
    reason text NOT NULL,
    withdrawn_by text NOT NULL,
    withdrawn_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, gift_id),
    FOREIGN KEY (customer_id, gift_id) REFERENCES tier_gifts
);
COMMENT ON TABLE tier_gift_withdrawals IS 'append-only: given tiers that were ended ahead of their time';

CREATE TABLE tier_standings (
    customer_id uuid NOT NULL,
    ladder_id text NOT NULL,
    -- What is shown: the higher one of what was earned and what was given. NULL: no tier.
    tier_id text,
    since_day date NOT NULL,
    until_day date,
    gift_id uuid,
    -- What was earned, gifts aside.
    earned_tier_id text,
    earned_since_day date NOT NULL,
    earned_until_day date,
    -- What counts from this day on can be added without a look at what was before.
    settled_day date NOT NULL,
    -- At the end of this day it is settled again, even if nothing counts until then.
    due_day date,
    PRIMARY KEY (customer_id, ladder_id)
)
WITH (fillfactor = 90);
COMMENT ON TABLE tier_standings IS
    'a function of tier_metrics, tier_gifts and the versions of the program; who has no row stands on no tier';
-- Reviews: few of many are due on a day.
CREATE INDEX tier_standings_due ON tier_standings (due_day) WHERE due_day IS NOT NULL;

CREATE TABLE tier_changes (
    customer_id uuid NOT NULL,
    change_id uuid NOT NULL,
    ladder_id text NOT NULL,
    from_tier_id text,
    to_tier_id text,
    reason smallint NOT NULL CHECK (reason BETWEEN 1 AND 6),
    effective_day date NOT NULL,
    until_day date,
    gift_id uuid,
    -- What it was decided by.
    metric bigint NOT NULL,
    window_first date,
    window_last date,
    program_version bigint NOT NULL,
    -- What it was caused by; empty: the passing of time.
    reference text NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- Ids ascend with time, so this is the order of the list too.
    PRIMARY KEY (customer_id, change_id)
);
COMMENT ON TABLE tier_changes IS 'append-only: each with the metric and the version that it was decided by';

CREATE TABLE benefit_uses (
    customer_id uuid NOT NULL,
    benefit_use_id uuid NOT NULL,
    benefit_id text NOT NULL,
    -- The period whose quota it counts in, as `2026-03`.
    period text NOT NULL,
    -- Whether it took a use that was given on top of the quota.
    is_extra boolean NOT NULL,
    -- Whether it is counted in a stock: a later version of the program may do otherwise.
    counts_stock boolean NOT NULL,
    basis_points integer NOT NULL DEFAULT 0,
    reference text NOT NULL,
    program_id text NOT NULL,
    program_version bigint NOT NULL,
    used_by text NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, benefit_use_id)
);
COMMENT ON TABLE benefit_uses IS 'append-only: each use of a benefit';
CREATE INDEX benefit_uses_counted ON benefit_uses (customer_id, benefit_id, period);

CREATE TABLE benefit_returns (
    customer_id uuid NOT NULL,
    benefit_use_id uuid NOT NULL,
    returned_by text NOT NULL,
    returned_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, benefit_use_id),
    FOREIGN KEY (customer_id, benefit_use_id) REFERENCES benefit_uses
);
COMMENT ON TABLE benefit_returns IS 'append-only: uses that were taken back';

CREATE TABLE package_grants (
    customer_id uuid NOT NULL,
    package_id text NOT NULL,
    -- Which occasion: `welcome`, `2026`; of a tier, when it was reached: `status gold 2026-03-08`.
    occasion_key text NOT NULL,
    -- Of a tier.
    ladder_id text,
    tier_id text,
    reached_on date,
    program_version bigint NOT NULL,
    granted_at timestamptz NOT NULL,
    -- When the tier was taken back by a return: then it may be given again.
    revoked_at timestamptz,
    PRIMARY KEY (customer_id, package_id, occasion_key)
);
COMMENT ON TABLE package_grants IS 'a package is given once for each occasion';

CREATE TABLE member_days (
    customer_id uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    month smallint NOT NULL CHECK (month BETWEEN 1 AND 12),
    day smallint NOT NULL CHECK (day BETWEEN 1 AND 31),
    -- Of joining, the year: the first anniversary is in the next one. Of a birthday it is not known.
    year smallint,
    -- Whose midnight it begins at; NULL: the program's.
    time_zone text,
    PRIMARY KEY (customer_id, kind)
);
COMMENT ON TABLE member_days IS 'days that come each year; a birthday is personal';
CREATE INDEX member_days_coming ON member_days (kind, month, day);

CREATE TABLE birthday_queue (
    customer_id uuid PRIMARY KEY,
    -- Not before.
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0)
);
COMMENT ON TABLE birthday_queue IS
    'whose birthday has to be asked for: it does not travel in events';
CREATE INDEX birthday_queue_due ON birthday_queue (due_at);

CREATE TABLE occasion_days (
    program_id text NOT NULL,
    time_zone text NOT NULL,
    -- The last local day whose birthdays were looked for.
    last_day date NOT NULL,
    PRIMARY KEY (program_id, time_zone)
);
COMMENT ON TABLE occasion_days IS 'how far birthdays were looked for, zone by zone; never goes back';

CREATE TABLE end_of_days (
    program_id text NOT NULL,
    day date NOT NULL,
    begun_at timestamptz NOT NULL,
    finished_at timestamptz,
    -- Holders that something was due for, one number for each step.
    due bigint[] NOT NULL,
    PRIMARY KEY (program_id, day)
);
COMMENT ON TABLE end_of_days IS 'days that are over; each is begun once, and after the one before';

CREATE TABLE end_of_day_approvals (
    program_id text NOT NULL,
    until_day date NOT NULL,
    approved_by text NOT NULL,
    approved_at timestamptz NOT NULL,
    PRIMARY KEY (program_id, until_day)
);
COMMENT ON TABLE end_of_day_approvals IS
    'append-only: up to which day somebody has let a program catch up after a long standstill';

CREATE TABLE end_of_day_due (
    program_id text NOT NULL,
    day date NOT NULL,
    step smallint NOT NULL CHECK (step BETWEEN 1 AND 6),
    holder_id uuid NOT NULL,
    -- How often it has failed. After some times it is left to an operator, and stops nobody else.
    failures smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (program_id, day, step, holder_id)
);
COMMENT ON TABLE end_of_day_due IS
    'what is still to be done at the end of a day; a row leaves in the transaction that does it';

-- Points that wait: few, and gone from the index when they are usable.
CREATE INDEX lots_pending ON lots (active_at) WHERE pending > 0;
-- Who was active on a day. Operations are written in the order of time, so this costs next to nothing.
CREATE INDEX operations_recorded ON operations USING brin (recorded_at);
