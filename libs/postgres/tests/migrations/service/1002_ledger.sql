CREATE TABLE ledger (entry_id bigint PRIMARY KEY, points bigint NOT NULL);
COMMENT ON TABLE ledger IS 'append-only: facts never change';
