-- What members buy, give back and do, and what they earn with it.
--
-- Purchases, returns and acts are facts. Ratings say what they earn as it is now: a function of the
-- facts, of the snapshots kept with them, and of the versions of the program. A purchase that comes
-- late, or is given back, is rated anew, and so is what came after it and looks back at it.
--
-- Numbers that stand for names:
--   kind     1 an act, 2 a purchase. What happened at one instant is ordered by it, then by the
--            type of act (empty for purchases), then by the reference.

CREATE TABLE sales (
    customer_id uuid NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    store text NOT NULL,
    ordered_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    currency_code text NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    -- What was bought, line by line, with what was given back of it.
    lines jsonb NOT NULL,
    -- What was paid and not paid back for what is left of it.
    net_minor bigint NOT NULL CHECK (net_minor >= 0),
    -- Whether anything is left of it.
    counts boolean NOT NULL,
    PRIMARY KEY (customer_id, order_id)
);
COMMENT ON TABLE sales IS 'purchases, and what is left of them by the returns';
-- How many purchases came before, and when the last of them was.
CREATE INDEX sales_before ON sales (customer_id, ordered_at, order_id) WHERE counts;

CREATE TABLE returns (
    customer_id uuid NOT NULL,
    return_id text COLLATE "C" NOT NULL,
    -- Its purchase may come later.
    order_id text COLLATE "C" NOT NULL,
    returned_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    currency_code text NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    lines jsonb NOT NULL,
    PRIMARY KEY (customer_id, return_id)
);
COMMENT ON TABLE returns IS 'append-only: what was given back, each counted once';
CREATE INDEX returns_of ON returns (customer_id, order_id);

CREATE TABLE activities (
    customer_id uuid NOT NULL,
    activity_type text COLLATE "C" NOT NULL,
    activity_id text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    channel text NOT NULL,
    attributes jsonb NOT NULL,
    -- The purchase that it names, for example of a delivery.
    order_id text COLLATE "C",
    PRIMARY KEY (customer_id, activity_type, activity_id)
);
COMMENT ON TABLE activities IS 'append-only: what members did besides buying, each counted once';
CREATE INDEX activities_about ON activities (customer_id, order_id) WHERE order_id IS NOT NULL;

CREATE TABLE ratings (
    customer_id uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    activity_type text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,
    program_id text NOT NULL,
    program_version bigint NOT NULL,
    -- The member as it was then, as far as that does not follow from other facts.
    snapshot jsonb NOT NULL,
    -- Whether it depends on what came before it.
    looks_back boolean NOT NULL,
    -- What rules award.
    awards jsonb NOT NULL,
    -- What it has left in the ledger, and in which lots.
    holdings jsonb NOT NULL,
    rated_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, kind, activity_type, reference)
);
COMMENT ON TABLE ratings IS 'what purchases and acts earn: a function of the facts';
CREATE INDEX ratings_looking_back ON ratings
    (customer_id, happened_at, kind, activity_type, reference) WHERE looks_back;

CREATE TABLE rule_awards (
    customer_id uuid NOT NULL,
    rule_id text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,
    kind smallint NOT NULL,
    activity_type text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    PRIMARY KEY (customer_id, rule_id, happened_at, kind, activity_type, reference)
);
COMMENT ON TABLE rule_awards IS
    'awards of rules with caps or a cool-down, which look at them; the same as in the ratings';

CREATE TABLE parked_ratings (
    customer_id uuid NOT NULL,
    kind smallint NOT NULL,
    activity_type text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    -- 1 a condition has no value, 2 an award does not fit, 3 too much came after it to rate at once.
    reason smallint NOT NULL CHECK (reason BETWEEN 1 AND 3),
    -- The rule; empty where it was none.
    rule_id text NOT NULL,
    -- What the rule's evaluation said.
    detail text NOT NULL,
    program_id text NOT NULL,
    -- The version that was in force when it was tried last: another one is a reason to try again.
    tried_version bigint NOT NULL,
    parked_at timestamptz NOT NULL,
    attempts integer NOT NULL CHECK (attempts > 0),
    PRIMARY KEY (customer_id, kind, activity_type, reference)
);
COMMENT ON TABLE parked_ratings IS
    'purchases and acts that could not be rated: they keep the points that they have until they can';
CREATE INDEX parked_ratings_in_time ON parked_ratings (parked_at, customer_id);

CREATE TABLE campaign_budgets (
    program_id text NOT NULL,
    campaign_id text NOT NULL,
    -- What the campaign has awarded to all members together and not got back.
    spent bigint NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (program_id, campaign_id)
)
WITH (fillfactor = 50);
COMMENT ON TABLE campaign_budgets IS
    'locked after the members, once for each batch, by whatever may take from the budget';

CREATE TABLE member_segments (
    customer_id uuid NOT NULL,
    segment_id text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (customer_id, segment_id)
);
COMMENT ON TABLE member_segments IS 'who belongs to which segment, as the profile service announces it';
