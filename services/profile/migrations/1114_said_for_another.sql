-- What is taken off or cleared while two are one person's can be undone by parting them: it stays under the id for which
-- it was said, and holds of what stands under another as long as the two belong together.
SET LOCAL lock_timeout = '2s';

-- Under which other id of the person the tag stood; NULL: under the one for which it was said.
ALTER TABLE tag_changes ADD COLUMN stood_under uuid;
ALTER TABLE tag_changes ADD CONSTRAINT tag_changes_stood_under
    CHECK (stood_under IS NULL OR kind = 'removed' AND stood_under <> customer_id) NOT VALID;

-- The same of a value.
ALTER TABLE attribute_changes ADD COLUMN stood_under uuid;
ALTER TABLE attribute_changes ADD CONSTRAINT attribute_changes_stood_under
    CHECK (stood_under IS NULL OR value IS NULL AND stood_under <> customer_id) NOT VALID;

-- What holds of others is looked for with each value that is read, and is rare.
CREATE INDEX attribute_changes_said_for_another ON attribute_changes (stood_under, key)
    WHERE stood_under IS NOT NULL;
