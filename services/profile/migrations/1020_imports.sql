-- Files of customers: what was said of them, how far they came, and the rows that were refused.

CREATE TABLE imports (
    -- UUIDv7: lists are by descending id, which is descending time of creation.
    import_id       uuid PRIMARY KEY,
    display_name    text NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    format          text NOT NULL CHECK (format IN ('csv', 'ndjson')),
    encoding        text NOT NULL CHECK (encoding IN ('utf8', 'gb18030')),
    delimiter       text NOT NULL,
    -- [{"column", "field", "constant", "verified"}]
    columns         jsonb NOT NULL,
    observe_time    timestamptz NOT NULL,
    size_bytes      bigint NOT NULL CHECK (size_bytes >= 0),
    max_failed_rows bigint NOT NULL CHECK (max_failed_rows > 0),
    dry_run         boolean NOT NULL,
    state           text NOT NULL CHECK (state IN ('open', 'done', 'failed', 'undoing', 'undone')),
    -- The names in the first row of a CSV file, once it was read.
    header          jsonb,
    -- Where the first row begins that was not looked at, and on which line. Moves in the transaction that takes in
    -- the rows before it, so each is taken in once.
    next_offset     bigint NOT NULL DEFAULT 0,
    next_line       bigint NOT NULL DEFAULT 1,
    created_count   bigint NOT NULL DEFAULT 0,
    updated_count   bigint NOT NULL DEFAULT 0,
    unchanged_count bigint NOT NULL DEFAULT 0,
    failed_count    bigint NOT NULL DEFAULT 0,
    undone_count    bigint NOT NULL DEFAULT 0,
    removed_count   bigint NOT NULL DEFAULT 0,
    created_by      text NOT NULL,
    create_time     timestamptz NOT NULL,
    update_time     timestamptz NOT NULL
);
-- Few at a time: looked for by the job that takes imports back.
CREATE INDEX imports_undoing ON imports (import_id) WHERE state = 'undoing';

-- How many there may be is bounded by max_failed_rows. No values: they may be personal.
CREATE TABLE import_errors (
    import_id uuid NOT NULL,
    row_no    bigint NOT NULL,
    line_no   bigint NOT NULL,
    field     text NOT NULL,
    reason    text NOT NULL,
    message   text NOT NULL,
    PRIMARY KEY (import_id, row_no)
);

-- What a file says of a record stands beside what calls and other files say of it.
ALTER TABLE sources ADD COLUMN import_id uuid;
ALTER TABLE sources DROP CONSTRAINT sources_home_channel_record_key;
ALTER TABLE sources ADD CONSTRAINT sources_of_record
    UNIQUE NULLS NOT DISTINCT (home, channel, record, import_id);
CREATE INDEX sources_by_import ON sources (import_id, home, source_id) WHERE import_id IS NOT NULL;
