-- Customer health: how well things stand with a customer, and what is heard of it from other services.
SET LOCAL lock_timeout = '2s';

-- How well things stand. Written by whoever has the person's row of segment_evaluations locked.
CREATE TABLE customer_health (
    customer_id  uuid PRIMARY KEY,
    health_index smallint NOT NULL CHECK (health_index BETWEEN 0 AND 100),
    band         text COLLATE "C" NOT NULL,
    band_time    timestamptz NOT NULL
);

-- The latest net promoter score that was given under an id. It stays there, also when people are joined.
CREATE TABLE health_answers (
    customer_id uuid PRIMARY KEY,
    response_id uuid NOT NULL,
    score       smallint NOT NULL CHECK (score BETWEEN 0 AND 10),
    answer_time timestamptz NOT NULL
);

-- Complaints that were opened under an id.
CREATE TABLE health_cases (
    customer_id uuid NOT NULL,
    case_id     uuid NOT NULL,
    priority    text COLLATE "C" NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    open_time   timestamptz NOT NULL,
    is_open     boolean NOT NULL,
    -- Which announcement about the case was heard last.
    revision    bigint NOT NULL,
    PRIMARY KEY (customer_id, case_id)
);
