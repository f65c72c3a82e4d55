-- Mails on their way. The message is sealed, since there are links in it that let somebody in. A row leaves when the mail
-- server has taken it; one that is given up stays for a while with its reason, to be seen and perhaps tried again.
CREATE TABLE mails (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient   TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    seat_id     INTEGER,
    message_id  TEXT    NOT NULL UNIQUE,
    message     TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    failed_at   INTEGER,
    reason      TEXT
) STRICT;
CREATE INDEX mails_due ON mails (due_at) WHERE failed_at IS NULL;
CREATE INDEX mails_by_seat ON mails (seat_id) WHERE seat_id IS NOT NULL;

-- Whether a user wants messages of callers by mail, and in which language.
CREATE TABLE mail_wishes (
    user_id   TEXT    PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    voicemail INTEGER NOT NULL,
    language  TEXT    NOT NULL CHECK (language IN ('fr', 'en'))
) STRICT;

-- The secret address at which a user's calendar program reads the user's meetings.
CREATE TABLE calendar_feeds (
    user_id     TEXT    PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret_hash TEXT    NOT NULL UNIQUE,
    language    TEXT    NOT NULL CHECK (language IN ('fr', 'en')),
    created_at  INTEGER NOT NULL
) STRICT;

ALTER TABLE meetings ADD COLUMN marking TEXT NOT NULL DEFAULT 'public' CHECK (marking IN ('public', 'internal', 'restricted'));

-- When a meeting takes place. Local times are those of the time zone beside them, `2026-12-03T14:30:00`; `first_at` and
-- `over_at` are the beginning of the first occurrence and the end of the last one.
CREATE TABLE schedules (
    meeting_code TEXT    PRIMARY KEY REFERENCES meetings (code) ON DELETE CASCADE,
    uid          TEXT    NOT NULL UNIQUE,
    origin       TEXT    NOT NULL,
    sequence     INTEGER NOT NULL,
    invited      INTEGER NOT NULL,
    starts       TEXT    NOT NULL,
    time_zone    TEXT    NOT NULL,
    minutes      INTEGER NOT NULL,
    mail_title   TEXT,
    languages    TEXT    NOT NULL,
    reminder     INTEGER,
    frequency    TEXT    CHECK (frequency IN ('daily', 'weekly', 'monthly')),
    every        INTEGER,
    times        INTEGER,
    until        TEXT,
    first_at     INTEGER NOT NULL,
    over_at      INTEGER NOT NULL,
    remind_at    INTEGER,
    changed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX schedules_by_time ON schedules (over_at, first_at);
CREATE INDEX schedules_to_remind_of ON schedules (remind_at) WHERE remind_at IS NOT NULL;

-- Occurrences that are not as the series has them, by the local time at which they would begin.
CREATE TABLE occurrences (
    meeting_code TEXT    NOT NULL REFERENCES schedules (meeting_code) ON DELETE CASCADE,
    original     TEXT    NOT NULL,
    cancelled    INTEGER NOT NULL,
    starts       TEXT    NOT NULL,
    minutes      INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    PRIMARY KEY (meeting_code, original)
) STRICT;

-- The parties of a meeting in the order of precedence, and the seats of each in theirs.
CREATE TABLE parties (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    meeting_code TEXT    NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    country      TEXT,
    time_zone    TEXT
) STRICT;
CREATE INDEX parties_by_meeting ON parties (meeting_code, position);

-- A seat outlives changes of the meeting, and keeps its number: the one who takes it is known by it. Its link is made from
-- the server's secret, the number and the issue, so that it can be told again; only the hashes are here.
CREATE TABLE seats (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    party_id     INTEGER NOT NULL REFERENCES parties (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    email        TEXT,
    role         TEXT    NOT NULL,
    is_head      INTEGER NOT NULL,
    language     TEXT    NOT NULL CHECK (language IN ('fr', 'en')),
    issue        INTEGER NOT NULL,
    link_hash    TEXT    UNIQUE,
    answer_hash  TEXT    UNIQUE,
    link_until   INTEGER NOT NULL,
    invited_at   INTEGER,
    mailed_at    INTEGER,
    answer       TEXT    CHECK (answer IN ('accepted', 'declined', 'tentative')),
    answered_at  INTEGER
) STRICT;
CREATE INDEX seats_by_party ON seats (party_id, position);
CREATE INDEX seats_by_email ON seats (email) WHERE email IS NOT NULL;

CREATE TABLE agenda_items (
    meeting_code TEXT    NOT NULL REFERENCES meetings (code) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    minutes      INTEGER NOT NULL,
    PRIMARY KEY (meeting_code, position)
) STRICT;
