-- Attributes: facts about customers that a company defines for itself.

CREATE TABLE attributes (
    key          text COLLATE "C" PRIMARY KEY,
    version      bigint NOT NULL CHECK (version >= 1),
    kind         text NOT NULL
        CHECK (kind IN ('text', 'integer', 'boolean', 'date', 'timestamp', 'choice')),
    -- What can be chosen; of other kinds nothing.
    choices      text[] NOT NULL,
    sensitivity  text NOT NULL
        CHECK (sensitivity IN ('none', 'contact', 'personal', 'sensitive', 'free_text')),
    display_name text NOT NULL,
    description  text NOT NULL,
    archived     boolean NOT NULL DEFAULT false,
    create_time  timestamptz NOT NULL,
    update_time  timestamptz NOT NULL,
    CHECK ((kind = 'choice') = (choices <> '{}'))
);

-- What customers have. Values are written out, as their kind writes them, and sealed under the key of the customer at
-- whose id they were set (subject_keys), for the change that set them.
CREATE TABLE customer_attributes (
    -- The id at which it was set. Never changes, also when people are joined: of several the one with the
    -- greatest change_id stands.
    customer_id uuid NOT NULL,
    key         text COLLATE "C" NOT NULL,
    change_id   uuid NOT NULL,
    value       bytea NOT NULL,
    source      text NOT NULL,
    actor       text NOT NULL,
    set_time    timestamptz NOT NULL,
    PRIMARY KEY (customer_id, key)
);

CREATE TABLE attribute_changes (
    customer_id uuid NOT NULL,
    -- UUIDv7: lists are by descending id, which is descending time.
    change_id   uuid NOT NULL,
    key         text COLLATE "C" NOT NULL,
    -- Sealed as above; null: it was cleared.
    value       bytea,
    source      text NOT NULL,
    actor       text NOT NULL,
    change_time timestamptz NOT NULL,
    PRIMARY KEY (customer_id, change_id)
);
COMMENT ON TABLE attribute_changes IS 'append-only: what happened to the attributes of customers';
