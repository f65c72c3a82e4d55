-- What those who have no seat were told to be in a meeting, until it ends. Seats have their role themselves.
CREATE TABLE assigned_roles (
    meeting_code TEXT    NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
    identity     TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    assigned_at  INTEGER NOT NULL,
    PRIMARY KEY (meeting_code, identity)
) STRICT;
CREATE INDEX assigned_roles_by_time ON assigned_roles (assigned_at);
