-- What meetings are at that people are in: the floor, the requests for it, the agenda. A start of the program reads it.
CREATE TABLE running_orders (
    meeting_code TEXT    NOT NULL PRIMARY KEY REFERENCES meetings (code) ON DELETE CASCADE,
    run          INTEGER NOT NULL,
    -- JSON.
    state        TEXT    NOT NULL,
    written_at   INTEGER NOT NULL,
    -- Since when nobody is there.
    left_at      INTEGER
) STRICT;
