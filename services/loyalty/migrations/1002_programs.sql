-- Loyalty programs. Numbers that stand for names are those of the contract:
--   rounding 1 floor, 2 half up, 3 half even

CREATE TABLE program_versions (
    program_id text NOT NULL CHECK (program_id ~ '^[a-z][a-z0-9-]{0,31}$'),
    version bigint NOT NULL CHECK (version > 0),
    -- Orders from here on earn by this version; those before the first version earn by the first.
    in_force_from timestamptz NOT NULL,
    display_name text NOT NULL,
    point_currency text NOT NULL,
    decimals smallint NOT NULL CHECK (decimals BETWEEN 0 AND 4),
    time_zone text NOT NULL,
    points_per_currency_unit bigint NOT NULL CHECK (points_per_currency_unit >= 0),
    rounding smallint NOT NULL CHECK (rounding BETWEEN 1 AND 3),
    minimum_redemption bigint NOT NULL CHECK (minimum_redemption > 0),
    PRIMARY KEY (program_id, version)
);
COMMENT ON TABLE program_versions IS
    'append-only: a change of a program is its next version, and each sale keeps the one of its time';

-- What customers join by themselves: one point for each whole unit of money.
INSERT INTO program_versions VALUES
    ('default', 1, '2000-01-01T00:00:00Z', 'Points', 'POINTS', 0, 'UTC', 1, 1, 1);
