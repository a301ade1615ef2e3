SET LOCAL lock_timeout = '2s';

-- Account managers, and who looks after whom.

CREATE TABLE account_managers (
    manager_id text COLLATE "C" PRIMARY KEY,
    -- Empty: all.
    regions    text[] NOT NULL,
    brands     text[] NOT NULL,
    capacity   integer NOT NULL CHECK (capacity >= 0),
    state      text NOT NULL CHECK (state IN ('active', 'absent')),
    -- Assignments that count. Kept by a trigger, so that erasures and merges can't forget it.
    load       integer NOT NULL DEFAULT 0 CHECK (load >= 0)
);

CREATE TABLE account_assignments (
    -- The id at which it was made. Never changes, also when people are joined.
    customer_id uuid PRIMARY KEY,
    manager_id  text COLLATE "C" NOT NULL REFERENCES account_managers,
    level       text NOT NULL CHECK (level IN ('standard', 'key', 'strategic')),
    reason      text NOT NULL,
    actor       text NOT NULL,
    assign_time timestamptz NOT NULL,
    -- Of several ids of one person that have a manager, the oldest has the person's.
    counts      boolean NOT NULL
);
CREATE INDEX account_assignments_of_manager ON account_assignments (manager_id, customer_id);

CREATE TABLE account_assignment_changes (
    customer_id         uuid NOT NULL,
    -- UUIDv7: lists are by descending id, which is descending time.
    change_id           uuid NOT NULL,
    manager_id          text COLLATE "C" NOT NULL,
    previous_manager_id text COLLATE "C",
    level               text NOT NULL,
    reason              text NOT NULL,
    actor               text NOT NULL,
    assign_time         timestamptz NOT NULL,
    PRIMARY KEY (customer_id, change_id)
);
COMMENT ON TABLE account_assignment_changes IS 'append-only: who has looked after customers';

-- Whoever writes assignments locks all managers whose load changes before, in the order of their ids.
CREATE FUNCTION count_account_assignments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.counts THEN
        UPDATE account_managers SET load = load - 1 WHERE manager_id = OLD.manager_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.counts THEN
        UPDATE account_managers SET load = load + 1 WHERE manager_id = NEW.manager_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER account_assignments_counted
    AFTER INSERT OR DELETE OR UPDATE OF manager_id, counts ON account_assignments
    FOR EACH ROW EXECUTE FUNCTION count_account_assignments();
