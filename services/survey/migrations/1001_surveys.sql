-- Questionnaires, invitations, answers.

CREATE TABLE questionnaires (
    questionnaire_id text        NOT NULL,
    version          integer     NOT NULL CHECK (version >= 1),
    display_name     text        NOT NULL,
    metric           text        NOT NULL CHECK (metric IN ('nps', 'csat', 'ces')),
    published_at     timestamptz NOT NULL,
    PRIMARY KEY (questionnaire_id, version)
);
COMMENT ON TABLE questionnaires IS 'append-only: versions of questionnaires';

CREATE TABLE questions (
    questionnaire_id text    NOT NULL,
    version          integer NOT NULL,
    ordinal          integer NOT NULL CHECK (ordinal >= 1),
    question_id      text    NOT NULL,
    question         text    NOT NULL,
    required         boolean NOT NULL,
    form             text    NOT NULL CHECK (form IN ('rating', 'text')),
    minimum          integer,
    maximum          integer CHECK (maximum >= minimum),
    scored           boolean NOT NULL DEFAULT false,
    max_length       integer CHECK (max_length >= 1),
    PRIMARY KEY (questionnaire_id, version, ordinal),
    UNIQUE (questionnaire_id, version, question_id),
    FOREIGN KEY (questionnaire_id, version) REFERENCES questionnaires,
    CHECK ((form = 'rating') = (minimum IS NOT NULL AND maximum IS NOT NULL)),
    CHECK ((form = 'text') = (max_length IS NOT NULL)),
    CHECK (form = 'rating' OR NOT scored)
);
COMMENT ON TABLE questions IS 'append-only: the questions of each version';

-- A metric is computed from one question.
CREATE UNIQUE INDEX questions_scored ON questions (questionnaire_id, version) WHERE scored;

CREATE TABLE invitations (
    customer_id           uuid        NOT NULL,
    invitation_id         uuid        NOT NULL,
    questionnaire_id      text        NOT NULL,
    questionnaire_version integer     NOT NULL,
    trigger_type          text        NOT NULL,
    trigger_reference     text        NOT NULL,
    -- Which of several occasions of the same reference: for a case, the number of its resolution.
    trigger_occasion      integer     NOT NULL CHECK (trigger_occasion >= 1),
    triggered_at          timestamptz NOT NULL,
    state                 text        NOT NULL CHECK (state IN ('open', 'completed', 'revoked', 'expired')),
    created_at            timestamptz NOT NULL,
    completed_at          timestamptz,
    PRIMARY KEY (customer_id, invitation_id),
    FOREIGN KEY (questionnaire_id, questionnaire_version) REFERENCES questionnaires,
    CHECK ((completed_at IS NOT NULL) = (state = 'completed'))
);

-- What makes an invitation makes it once.
CREATE UNIQUE INDEX invitations_by_trigger ON invitations
    (customer_id, questionnaire_id, trigger_type, trigger_reference, trigger_occasion);
CREATE INDEX invitations_by_id ON invitations (invitation_id);
CREATE INDEX invitations_by_creation ON invitations (created_at DESC, invitation_id DESC);
CREATE INDEX invitations_of_customer ON invitations (customer_id, created_at DESC, invitation_id DESC);

CREATE TABLE responses (
    customer_id   uuid        NOT NULL,
    -- In the key, so that an invitation has one answer whatever the code does.
    invitation_id uuid        NOT NULL,
    response_id   uuid        NOT NULL,
    submitted_at  timestamptz NOT NULL,
    PRIMARY KEY (customer_id, invitation_id),
    FOREIGN KEY (customer_id, invitation_id) REFERENCES invitations
);
COMMENT ON TABLE responses IS 'append-only: who answered which invitation when';

CREATE TABLE answers (
    customer_id   uuid    NOT NULL,
    invitation_id uuid    NOT NULL,
    ordinal       integer NOT NULL CHECK (ordinal >= 1),
    question_id   text    NOT NULL,
    rating        integer,
    written       text,
    PRIMARY KEY (customer_id, invitation_id, ordinal),
    UNIQUE (customer_id, invitation_id, question_id),
    FOREIGN KEY (customer_id, invitation_id) REFERENCES responses,
    CHECK ((rating IS NULL) <> (written IS NULL))
);
COMMENT ON TABLE answers IS 'append-only: what was answered';

-- The scored rating of each response alone, so that a score is one pass over a narrow index.
CREATE TABLE ratings (
    customer_id      uuid        NOT NULL,
    invitation_id    uuid        NOT NULL,
    questionnaire_id text        NOT NULL,
    submitted_at     timestamptz NOT NULL,
    rating           integer     NOT NULL,
    PRIMARY KEY (customer_id, invitation_id),
    FOREIGN KEY (customer_id, invitation_id) REFERENCES responses
);
COMMENT ON TABLE ratings IS 'append-only: what scores are computed from';

CREATE INDEX ratings_by_time ON ratings (questionnaire_id, submitted_at) INCLUDE (rating);
