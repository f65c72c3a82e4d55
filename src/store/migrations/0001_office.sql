-- Times are milliseconds since 1970 in UTC. Secrets are kept as SHA-256, in hexadecimal.

CREATE TABLE users (
    id         TEXT    PRIMARY KEY,
    email      TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('administrator', 'user')),
    password   TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    token_hash   TEXT    PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE setup_links (
    secret_hash TEXT    PRIMARY KEY,
    expires_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE meetings (
    code         TEXT    PRIMARY KEY,
    title        TEXT    NOT NULL,
    owner_id     TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    waiting_room INTEGER NOT NULL,
    locked       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX meetings_by_owner ON meetings (owner_id, created_at);

-- Whom a host has sent away, and when: admissions from before that moment are void.
CREATE TABLE removals (
    meeting_code TEXT    NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
    identity     TEXT    NOT NULL,
    removed_at   INTEGER NOT NULL,
    PRIMARY KEY (meeting_code, identity)
) STRICT;

-- Append-only and chained: each hash covers the row and the hash before it.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    object  TEXT    NOT NULL,
    address TEXT    NOT NULL,
    result  TEXT    NOT NULL,
    hash    TEXT    NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
