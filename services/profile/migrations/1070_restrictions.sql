SET LOCAL lock_timeout = '2s';

-- That the processing of people is restricted. It holds for all ids of the person, also when they are joined later.
CREATE TABLE restrictions (
    customer_id    uuid NOT NULL,
    -- UUIDv7: lists are by descending id.
    restriction_id uuid NOT NULL,
    ground         smallint NOT NULL CHECK (ground BETWEEN 1 AND 4),
    created_by     text NOT NULL,
    created_at     timestamptz NOT NULL,
    lifted_at      timestamptz,
    lifted_by      text,
    lift_reason    text,
    PRIMARY KEY (customer_id, restriction_id),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CHECK ((lifted_at IS NULL) = (lift_reason IS NULL))
);
-- Few: looked for wherever people are processed.
CREATE INDEX restrictions_standing ON restrictions (customer_id) WHERE lifted_at IS NULL;
