-- Each time that the room of a meeting, or of a call between browsers, was open. Names and posts are kept as they were.
CREATE TABLE sittings (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    room_sid       TEXT    NOT NULL UNIQUE,
    run            INTEGER NOT NULL,
    kind           TEXT    NOT NULL CHECK (kind IN ('meeting', 'call')),
    -- A meeting's code, or the name of a call's room.
    code           TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    host_id        TEXT,
    host_name      TEXT    NOT NULL,
    host_post_id   INTEGER,
    began_at       INTEGER NOT NULL,
    ended_at       INTEGER
) STRICT;
CREATE INDEX sittings_by_code ON sittings (code, id);
CREATE INDEX sittings_by_time ON sittings (began_at);
CREATE INDEX sittings_open ON sittings (run) WHERE ended_at IS NULL;

-- Who was there, from when to when. Whoever came twice has two rows.
CREATE TABLE attendances (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    sitting_id      INTEGER NOT NULL REFERENCES sittings (id) ON DELETE CASCADE,
    participant_sid TEXT    NOT NULL,
    run             INTEGER NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('browser', 'phone')),
    identity        TEXT    NOT NULL,
    user_id         TEXT,
    name            TEXT    NOT NULL,
    extension       TEXT,
    -- From where a telephone called, if it shows that.
    number          TEXT,
    post_id         INTEGER,
    post_name       TEXT,
    -- The delegation, where a meeting has some.
    party           TEXT,
    joined_at       INTEGER NOT NULL,
    left_at         INTEGER,
    -- The program ended while they were there; the row ends with the last sign of its life.
    interrupted     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (sitting_id, participant_sid)
) STRICT;
CREATE INDEX attendances_open ON attendances (run) WHERE left_at IS NULL;

-- What carried a leg: without it, a browser and a meeting look like a phone.
ALTER TABLE legs ADD COLUMN kind TEXT NOT NULL DEFAULT 'phone';
UPDATE legs SET kind = 'trunk' WHERE trunk_id IS NOT NULL;
