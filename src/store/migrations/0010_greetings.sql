-- What callers hear in a mailbox instead of the standard greeting. The sound is in a file that is named by the recording.
CREATE TABLE greetings (
    extension     TEXT    PRIMARY KEY REFERENCES extensions (number) ON DELETE CASCADE,
    recording     INTEGER NOT NULL,
    length_millis INTEGER NOT NULL,
    made_at       INTEGER NOT NULL
) STRICT;
