-- no-transaction
-- `numbers` is made anew for two more kinds, and others refer to it: such a table can only be replaced while references
-- are not followed, which cannot be switched off within a transaction.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;

CREATE TABLE numbers_anew (
    number TEXT PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('extension', 'group', 'conference', 'meeting'))
) STRICT;
INSERT INTO numbers_anew SELECT number, kind FROM numbers;
DROP TABLE numbers;
ALTER TABLE numbers_anew RENAME TO numbers;

-- What a user answers in the browser, and until when the user has looked at missed calls.
ALTER TABLE users ADD COLUMN extension TEXT REFERENCES extensions (number) ON DELETE SET NULL;
ALTER TABLE users ADD COLUMN calls_seen_at INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX users_by_extension ON users (extension);

-- The IANA name of a post's time; empty for that of its country's capital.
ALTER TABLE posts ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';

-- With what a telephone gets in. Meetings from before get theirs when the program starts.
ALTER TABLE meetings ADD COLUMN pin TEXT;
CREATE UNIQUE INDEX meetings_by_pin ON meetings (pin);

-- Numbers that lead to one meeting without a PIN.
CREATE TABLE meeting_numbers (
    number       TEXT PRIMARY KEY REFERENCES numbers (number) ON DELETE CASCADE,
    meeting_code TEXT NOT NULL REFERENCES meetings (code) ON DELETE CASCADE
) STRICT;
CREATE INDEX meeting_numbers_by_meeting ON meeting_numbers (meeting_code);

-- A meeting that goes takes its numbers along, and the public numbers that lead to them.
CREATE TRIGGER meetings_take_their_numbers_along BEFORE DELETE ON meetings
WHEN EXISTS (SELECT 1 FROM meeting_numbers WHERE meeting_code = OLD.code)
BEGIN
    UPDATE plan_version SET version = version + 1;
    DELETE FROM inbound_numbers WHERE target IN (SELECT number FROM meeting_numbers WHERE meeting_code = OLD.code);
    DELETE FROM numbers WHERE number IN (SELECT number FROM meeting_numbers WHERE meeting_code = OLD.code);
END;
-- Whoever dials such a number is told where it leads.
CREATE TRIGGER meetings_tell_the_plan_their_title AFTER UPDATE OF title ON meetings
WHEN EXISTS (SELECT 1 FROM meeting_numbers WHERE meeting_code = OLD.code)
BEGIN
    UPDATE plan_version SET version = version + 1;
END;
-- A user who goes gives the extension back.
CREATE TRIGGER users_give_their_extension_back AFTER DELETE ON users WHEN OLD.extension IS NOT NULL
BEGIN
    UPDATE plan_version SET version = version + 1;
END;

-- The legs of one call, for the history of whoever took part.
CREATE INDEX legs_by_call ON legs (run, call);

COMMIT;
PRAGMA foreign_keys = ON;
