-- Loyalty programs: documents in versions. A document is an encoded
-- patron.loyalty.v1.ProgramDocument.

CREATE TABLE programs (
    program_id text PRIMARY KEY CHECK (program_id ~ '^[a-z][a-z0-9-]{0,31}$'),
    -- Another one after each change of what is in force when: who keeps a schedule in memory reads
    -- this alone and knows whether it still holds.
    revision uuid NOT NULL,
    -- Numbers of versions that were thrown away are not given out again.
    last_version bigint NOT NULL CHECK (last_version > 0),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
COMMENT ON TABLE programs IS
    'locked before a version of the program is drafted, changed, scheduled or cancelled';

CREATE TABLE program_drafts (
    program_id text NOT NULL REFERENCES programs,
    version bigint NOT NULL CHECK (version > 0),
    document bytea NOT NULL,
    description text NOT NULL,
    -- Counts the changes: the etag.
    edits bigint NOT NULL CHECK (edits > 0),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    PRIMARY KEY (program_id, version)
);
COMMENT ON TABLE program_drafts IS
    'versions that nothing refers to yet; a row leaves when its version is scheduled';

CREATE TABLE program_documents (
    program_id text NOT NULL REFERENCES programs,
    version bigint NOT NULL CHECK (version > 0),
    document bytea NOT NULL,
    description text NOT NULL,
    edits bigint NOT NULL CHECK (edits > 0),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    -- Orders from here on earn by this version; those before the first version earn by the first.
    active_from timestamptz NOT NULL,
    scheduled_at timestamptz NOT NULL,
    scheduled_by text NOT NULL,
    reason text NOT NULL,
    -- The version whose document this is again.
    reverted bigint,
    PRIMARY KEY (program_id, version)
);
COMMENT ON TABLE program_documents IS
    'append-only: versions that were scheduled; lots, holds and sales keep the one of their time';

CREATE TABLE program_cancellations (
    program_id text NOT NULL,
    version bigint NOT NULL,
    cancelled_at timestamptz NOT NULL,
    cancelled_by text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (program_id, version),
    FOREIGN KEY (program_id, version) REFERENCES program_documents
);
COMMENT ON TABLE program_cancellations IS
    'append-only: versions whose activation was taken back before its instant';

CREATE TABLE program_announcements (
    program_id text NOT NULL,
    version bigint NOT NULL,
    announced_at timestamptz NOT NULL,
    PRIMARY KEY (program_id, version),
    FOREIGN KEY (program_id, version) REFERENCES program_documents
);
COMMENT ON TABLE program_announcements IS
    'append-only: versions whose coming into force was announced, each once';
