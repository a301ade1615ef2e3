-- What the channels said, and what joins customers into one person.

CREATE TABLE sources (
    -- The customer id at which it came in. Never changes.
    home        uuid NOT NULL,
    source_id   uuid NOT NULL,
    channel     text COLLATE "C" NOT NULL,
    -- A fingerprint of the channel's own id of the person, as in source_keys.
    record      bytea NOT NULL CHECK (octet_length(record) = 32),
    -- That id, what the channel says, and [{"source", "kind", "value", "since"}]: identifiers of which it says
    -- that the other is mistaken. Sealed under the key of the home (subject_keys).
    said        bytea NOT NULL,
    -- {"field": instant}: when the channel saw it.
    observed    jsonb NOT NULL,
    record_time timestamptz NOT NULL,
    PRIMARY KEY (home, source_id),
    UNIQUE (home, channel, record)
);

-- Under which customer a channel's record of a person came in. Channels of Patron's own are not here:
-- they know people by their customer id.
CREATE TABLE source_keys (
    -- Of the channel and its own id of the person.
    record  bytea NOT NULL CHECK (octet_length(record) = 32),
    -- The index key that made it.
    key_id  text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    home    uuid NOT NULL,
    PRIMARY KEY (record)
);

-- Never deleted: a link that is taken back says when, by whom and why.
CREATE TABLE links (
    -- The ids under which the two were named, the older first.
    older          uuid NOT NULL,
    newer          uuid NOT NULL,
    link_id        uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('by_hand', 'verified_identifier', 'rule')),
    score_permille integer NOT NULL CHECK (score_permille BETWEEN 0 AND 1000),
    reason         text NOT NULL,
    actor          text NOT NULL,
    made_at        timestamptz NOT NULL,
    undone_at      timestamptz,
    undone_by      text,
    undone_reason  text,
    PRIMARY KEY (older, link_id),
    CHECK (older < newer),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_reason IS NULL))
);
CREATE INDEX links_by_newer ON links (newer, link_id);
