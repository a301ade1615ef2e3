-- What the channels said, and what joins customers into one person.

CREATE TABLE sources (
    -- The customer id at which it came in. Never changes.
    home        uuid NOT NULL,
    source_id   uuid NOT NULL,
    channel     text COLLATE "C" NOT NULL,
    -- The channel's own id of the person.
    source_key  text COLLATE "C" NOT NULL,
    -- What it says, without what it says nothing about.
    details     jsonb NOT NULL,
    -- {"field": instant}: when the channel saw it.
    observed    jsonb NOT NULL,
    -- [{"source", "kind", "value", "since"}]: identifiers of which it says that the other is mistaken.
    withdrawn   jsonb NOT NULL,
    record_time timestamptz NOT NULL,
    PRIMARY KEY (home, source_id),
    UNIQUE (home, channel, source_key)
);

-- Under which customer a channel's record of a person came in. Channels of Patron's own are not here:
-- they know people by their customer id.
CREATE TABLE source_keys (
    channel    text COLLATE "C" NOT NULL,
    source_key text COLLATE "C" NOT NULL,
    home       uuid NOT NULL,
    PRIMARY KEY (channel, source_key)
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
