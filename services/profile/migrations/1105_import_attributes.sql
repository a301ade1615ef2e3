-- Attributes that files set can be taken back.

-- The import that set the value; NULL: a call, or what took an import back.
ALTER TABLE attribute_changes ADD COLUMN import_id uuid;
