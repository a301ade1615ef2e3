-- Consent and contact.
--
-- What customers allow is not stored: it follows from what they said. Whoever records a statement or
-- decides on a contact holds the row of the customer in `customers` locked, so that decisions about
-- one person are taken one after the other.

CREATE TABLE consent_statements (
    -- The id under which it came in. Never changes, also when people are joined.
    customer_id   uuid NOT NULL,
    -- UUIDv7: lists are by descending id, which is descending time of recording.
    statement_id  uuid NOT NULL,
    -- The ids that were joined then, for all of which it speaks; ascending.
    covers        uuid[] NOT NULL,
    purpose       text COLLATE "C" NOT NULL,
    channel       text COLLATE "C" NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('granted', 'requested', 'confirmed', 'withdrawn')),
    -- For 'requested': until when it can be confirmed.
    confirm_by    timestamptz,
    -- For 'confirmed': the request.
    request       uuid,
    notice        text NOT NULL,
    source        text NOT NULL,
    evidence      text NOT NULL,
    -- Keyed hash of the verified identifier by which the customer spoke.
    proved_by     bytea CHECK (length(proved_by) = 32),
    recorded_by   text NOT NULL,
    decide_time   timestamptz NOT NULL,
    record_time   timestamptz NOT NULL,
    expire_time   timestamptz CHECK (expire_time > decide_time),
    PRIMARY KEY (customer_id, statement_id),
    CHECK ((kind = 'requested') = (confirm_by IS NOT NULL)),
    CHECK ((kind = 'confirmed') = (request IS NOT NULL))
);
COMMENT ON TABLE consent_statements IS 'append-only: what customers said about being contacted';

-- The newest of each kind is what a state follows from.
CREATE INDEX consent_statements_newest ON consent_statements
    (customer_id, purpose, channel, decide_time DESC);
-- A request is confirmed once, whatever the code does.
CREATE UNIQUE INDEX consent_statements_confirmed ON consent_statements (customer_id, request)
    WHERE request IS NOT NULL;

CREATE TABLE contacts (
    customer_id  uuid NOT NULL,
    -- UUIDv7: lists are by descending id, which is descending time of reservation.
    contact_id   uuid NOT NULL,
    purpose      text COLLATE "C" NOT NULL,
    channel      text COLLATE "C" NOT NULL,
    -- 1 campaign, 2 survey, 3 complaint, 4 transactional: that of the purpose at the time.
    priority     smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    reference    text NOT NULL,
    -- A reservation that was not confirmed in time stays 'reserved': that it has expired follows
    -- from expire_time.
    state        text NOT NULL CHECK (state IN ('reserved', 'confirmed', 'released', 'displaced')),
    reserve_time timestamptz NOT NULL,
    expire_time  timestamptz NOT NULL CHECK (expire_time > reserve_time),
    -- When it was confirmed, released or displaced.
    end_time     timestamptz CHECK (end_time >= reserve_time),
    PRIMARY KEY (customer_id, contact_id),
    CHECK ((state = 'reserved') = (end_time IS NULL))
);

-- What caps count: the latest messages, and the reservations that wait.
CREATE INDEX contacts_sent ON contacts (customer_id, end_time DESC) WHERE state = 'confirmed';
CREATE INDEX contacts_reserved ON contacts (customer_id, expire_time) WHERE state = 'reserved';

-- Policies of all kinds in versions; of each kind the last one is in force. Without any, contacts and matches follow the
-- one that Patron begins with, and nobody is rated or has a health index. A document is encoded as the message of its
-- kind: patron.profile.v1.ContactPolicy, HealthPolicy, MatchPolicy, RatingPolicy.
CREATE TABLE policies (
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('contact', 'health', 'match', 'rating')),
    version     bigint NOT NULL CHECK (version >= 1),
    document    bytea NOT NULL,
    create_time timestamptz NOT NULL,
    created_by  text NOT NULL,
    PRIMARY KEY (kind, version)
);
COMMENT ON TABLE policies IS 'append-only: versions of policies';
