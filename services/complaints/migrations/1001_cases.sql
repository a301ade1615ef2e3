-- Cases and their logs.
--
-- A case is found by its id alone, so the id has an index of its own; the primary key begins with
-- the customer, so that the tables can be distributed by customer.

CREATE TABLE cases (
    customer_id        uuid        NOT NULL,
    case_id            uuid        NOT NULL,
    kind               text        NOT NULL CHECK (kind IN ('complaint', 'suggestion', 'enquiry', 'follow_up')),
    priority           text        NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    channel            text        NOT NULL,
    subject            text        NOT NULL,
    description        text        NOT NULL,
    order_id           text        NOT NULL,
    origin             text        NOT NULL,
    -- From here on a cache of what the log tells.
    state              text        NOT NULL CHECK (state IN (
        'received', 'acknowledged', 'assessed', 'investigating', 'responded',
        'resolved', 'closed', 'reopened', 'escalated_outside')),
    opened_at          timestamptz NOT NULL,
    first_responded_at timestamptz,
    resolved_at        timestamptz,
    resolution         text,
    closed_at          timestamptz,
    reopen_count       integer     NOT NULL CHECK (reopen_count >= 0),
    version            bigint      NOT NULL CHECK (version >= 1),
    PRIMARY KEY (customer_id, case_id),
    CHECK ((resolved_at IS NULL) = (resolution IS NULL)),
    CHECK ((closed_at IS NOT NULL) = (state = 'closed')),
    CHECK ((resolved_at IS NOT NULL) = (state IN ('resolved', 'closed')))
);

CREATE INDEX cases_by_id ON cases (case_id);
CREATE INDEX cases_by_opening ON cases (opened_at DESC, case_id DESC);
CREATE INDEX cases_by_state ON cases (state, opened_at DESC, case_id DESC);
CREATE INDEX cases_of_customer ON cases (customer_id, opened_at DESC, case_id DESC);

-- What opens a case by itself opens it once.
CREATE UNIQUE INDEX cases_by_origin ON cases (customer_id, origin) WHERE origin <> '';

CREATE TABLE case_log (
    customer_id uuid        NOT NULL,
    case_id     uuid        NOT NULL,
    sequence    bigint      NOT NULL CHECK (sequence >= 1),
    entry_id    uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    actor       text        NOT NULL,
    state       text        NOT NULL,
    change      text        NOT NULL CHECK (change IN (
        'opened', 'reply', 'customer', 'note', 'automatic', 'resolved', 'closed', 'reopened')),
    -- What was said: the message, the resolution, the reason; of an opening, its origin.
    content     text        NOT NULL,
    PRIMARY KEY (customer_id, case_id, sequence),
    FOREIGN KEY (customer_id, case_id) REFERENCES cases
);

COMMENT ON TABLE case_log IS 'append-only: what happened in each case';
