ALTER TABLE members ADD COLUMN tier text;
