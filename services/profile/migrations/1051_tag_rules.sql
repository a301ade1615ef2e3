-- Tags by rule.

CREATE TABLE tag_rules (
    rule_id     text COLLATE "C" PRIMARY KEY,
    version     bigint NOT NULL CHECK (version >= 1),
    tag         text COLLATE "C" NOT NULL,
    condition   text NOT NULL,
    reason      text NOT NULL,
    archived    boolean NOT NULL DEFAULT false,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);

-- Of whom which condition holds. Written by whoever has the person's row of segment_evaluations locked. Whoever
-- comes in is given the tag once: if somebody takes it off, it stays off.
CREATE TABLE tag_rule_members (
    customer_id uuid NOT NULL,
    rule_id     text COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, rule_id)
);
