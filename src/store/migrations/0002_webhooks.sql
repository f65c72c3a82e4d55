-- Events on their way to webhooks. A row leaves when its receiver has taken it, refused it for good, or been away too long.
CREATE TABLE webhooks (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    url         TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_by_url ON webhooks (url, id);
