-- What was under discussion in meetings and from when to when. A row without an end is what is under discussion now.
CREATE TABLE agenda_timings (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    meeting_code TEXT    NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
    run          INTEGER NOT NULL,
    -- Its number in the agenda, counted from 1, and what it was called then.
    point        INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    -- How long it was to take.
    planned      INTEGER NOT NULL,
    began_at     INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
CREATE INDEX agenda_timings_by_meeting ON agenda_timings (meeting_code, began_at);
CREATE INDEX agenda_timings_open ON agenda_timings (run) WHERE ended_at IS NULL;

-- Who had the floor, from when to when.
CREATE TABLE speeches (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    meeting_code TEXT    NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
    run          INTEGER NOT NULL,
    party        TEXT,
    name         TEXT    NOT NULL,
    began_at     INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
CREATE INDEX speeches_by_meeting ON speeches (meeting_code, began_at);
CREATE INDEX speeches_open ON speeches (run) WHERE ended_at IS NULL;
