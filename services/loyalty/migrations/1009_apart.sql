-- Memberships that can't follow the profiles of their customers for now: one is in a household, or has
-- nothing to give back what it owes. They are tried again until they do.
CREATE TABLE memberships_apart (
    customer_id uuid PRIMARY KEY,
    since timestamptz NOT NULL,
    tried_at timestamptz NOT NULL
)
WITH (fillfactor = 50);
COMMENT ON TABLE memberships_apart IS
    'whose memberships are not as the profile service says; empty when all is well';
