-- The questionnaires that everybody begins with. A change of wording is a new version, never an
-- update.

INSERT INTO questionnaires (questionnaire_id, version, display_name, metric, published_at) VALUES
    ('nps-order', 1, 'Your order', 'nps', '2025-01-01T00:00:00Z'),
    ('csat-case', 1, 'Our help', 'csat', '2025-01-01T00:00:00Z');

INSERT INTO questions
    (questionnaire_id, version, ordinal, question_id, question, required, form, minimum, maximum, scored, max_length)
VALUES
    ('nps-order', 1, 1, 'recommend', 'How likely are you to recommend us to a friend or colleague?',
        true, 'rating', 0, 10, true, NULL),
    ('nps-order', 1, 2, 'why', 'What is the main reason for your rating?',
        false, 'text', NULL, NULL, false, 2000),
    ('csat-case', 1, 1, 'satisfaction', 'How satisfied are you with how we handled your case?',
        true, 'rating', 1, 5, true, NULL),
    ('csat-case', 1, 2, 'comment', 'What should we do better?',
        false, 'text', NULL, NULL, false, 2000);
