-- After how many seconds of ringing calls go to the mailbox; without it there is none. With what a phone opens it.
ALTER TABLE extensions ADD COLUMN voicemail_after_seconds INTEGER;
ALTER TABLE extensions ADD COLUMN mailbox_pin_hash TEXT;

-- What was left there. The sound is in a file that is named by the recording.
CREATE TABLE messages (
    recording     INTEGER PRIMARY KEY,
    extension     TEXT    NOT NULL REFERENCES extensions (number) ON DELETE CASCADE,
    caller        TEXT    NOT NULL,
    caller_name   TEXT    NOT NULL,
    left_at       INTEGER NOT NULL,
    length_millis INTEGER NOT NULL,
    heard         INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_extension ON messages (extension, left_at);
