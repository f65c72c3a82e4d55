-- The numbering plan. Sealed columns hold ciphertext; the key lies beside the database, in a file of its own.

CREATE TABLE posts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT    NOT NULL UNIQUE,
    country        TEXT    NOT NULL,
    outside_prefix TEXT    NOT NULL,
    emergency      TEXT    NOT NULL
) STRICT;

-- Whatever can be dialled inside, so that no number means two things.
CREATE TABLE numbers (
    number TEXT PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('extension', 'group'))
) STRICT;

CREATE TABLE extensions (
    number                TEXT    PRIMARY KEY REFERENCES numbers (number) ON DELETE CASCADE,
    name                  TEXT    NOT NULL,
    post_id               INTEGER NOT NULL REFERENCES posts (id),
    digest                TEXT    NOT NULL CHECK (digest IN ('md5', 'sha-256')),
    rights                TEXT    NOT NULL,
    outside_calls         INTEGER NOT NULL,
    forward_always        TEXT,
    forward_busy          TEXT,
    forward_no_answer     TEXT,
    forward_after_seconds INTEGER,
    do_not_disturb        INTEGER NOT NULL,
    pickup_group          TEXT
) STRICT;
CREATE INDEX extensions_by_post ON extensions (post_id);

-- The digest of user, realm and password stands in for the password, which is not kept.
CREATE TABLE devices (
    username   TEXT    PRIMARY KEY,
    extension  TEXT    NOT NULL REFERENCES extensions (number) ON DELETE CASCADE,
    label      TEXT    NOT NULL,
    realm      TEXT    NOT NULL,
    ha1_sealed TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_by_extension ON devices (extension);

CREATE TABLE ring_groups (
    number       TEXT    PRIMARY KEY REFERENCES numbers (number) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    post_id      INTEGER NOT NULL REFERENCES posts (id),
    strategy     TEXT    NOT NULL CHECK (strategy IN ('all', 'in-order')),
    ring_seconds INTEGER NOT NULL,
    otherwise    TEXT
) STRICT;

CREATE TABLE ring_group_members (
    ring_group TEXT    NOT NULL REFERENCES ring_groups (number) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    extension  TEXT    NOT NULL REFERENCES extensions (number) ON DELETE CASCADE,
    PRIMARY KEY (ring_group, extension)
) STRICT;

CREATE TABLE trunks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT    NOT NULL UNIQUE,
    post_id         INTEGER NOT NULL REFERENCES posts (id),
    host            TEXT    NOT NULL,
    port            INTEGER,
    carrier         TEXT    NOT NULL,
    username        TEXT,
    password_sealed TEXT,
    register        INTEGER NOT NULL,
    sources         TEXT    NOT NULL,
    srtp            INTEGER NOT NULL,
    caller_id       TEXT,
    identity        TEXT    NOT NULL CHECK (identity IN ('from', 'asserted')),
    calls           INTEGER NOT NULL,
    rights          TEXT    NOT NULL,
    strip_plus      INTEGER NOT NULL
) STRICT;

CREATE TABLE outbound_routes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    post_id INTEGER REFERENCES posts (id) ON DELETE CASCADE,
    prefix  TEXT    NOT NULL
) STRICT;

CREATE TABLE outbound_route_trunks (
    route_id INTEGER NOT NULL REFERENCES outbound_routes (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    trunk_id INTEGER NOT NULL REFERENCES trunks (id) ON DELETE CASCADE,
    PRIMARY KEY (route_id, trunk_id)
) STRICT;

CREATE TABLE inbound_numbers (
    trunk_id INTEGER NOT NULL REFERENCES trunks (id) ON DELETE CASCADE,
    number   TEXT    NOT NULL,
    target   TEXT    NOT NULL REFERENCES numbers (number),
    PRIMARY KEY (trunk_id, number)
) STRICT;

-- Rises with every change of the tables above, so that a running server notices those of another process.
CREATE TABLE plan_version (
    version INTEGER NOT NULL
) STRICT;
INSERT INTO plan_version (version) VALUES (1);

-- Where the phones are.
CREATE TABLE bindings (
    aor        TEXT    NOT NULL,
    binding    TEXT    NOT NULL,
    contact    TEXT    NOT NULL,
    flow       TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    q          INTEGER NOT NULL,
    call_id    TEXT    NOT NULL,
    cseq       INTEGER NOT NULL,
    user_agent TEXT    NOT NULL,
    device     TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (aor, binding)
) STRICT;

-- Each start of the server, and until when it is known to have lived.
CREATE TABLE runs (
    run          INTEGER PRIMARY KEY,
    started_at   INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;

-- Call records, one row per leg. Names are kept as they were; posts and trunks may go.
CREATE TABLE legs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    run           INTEGER NOT NULL,
    leg           INTEGER NOT NULL,
    call          INTEGER NOT NULL,
    inbound       INTEGER NOT NULL,
    caller        TEXT    NOT NULL,
    caller_name   TEXT    NOT NULL,
    dialled       TEXT    NOT NULL,
    reached       TEXT    NOT NULL,
    post_id       INTEGER NOT NULL,
    post_name     TEXT    NOT NULL,
    trunk_id      INTEGER,
    trunk_name    TEXT,
    began_at      INTEGER NOT NULL,
    ringing_at    INTEGER,
    answered_at   INTEGER,
    ended_at      INTEGER,
    cause         TEXT,
    codec         TEXT,
    encrypted     INTEGER NOT NULL,
    packets_in    INTEGER NOT NULL,
    packets_out   INTEGER NOT NULL,
    octets_in     INTEGER NOT NULL,
    octets_out    INTEGER NOT NULL,
    lost          INTEGER NOT NULL,
    jitter_micros INTEGER NOT NULL,
    rtt_micros    INTEGER,
    UNIQUE (run, leg)
) STRICT;
CREATE INDEX legs_by_time ON legs (began_at);
CREATE INDEX legs_by_caller ON legs (caller, id);
CREATE INDEX legs_by_reached ON legs (reached, id);
CREATE INDEX legs_by_trunk ON legs (trunk_id, id);
CREATE INDEX legs_open ON legs (run) WHERE ended_at IS NULL;
