-- Prices are decimals as text, so that they stay exact. Amounts are in the smallest coins of the house's currency.

-- What posts paid before (`old`), and what providers take (`trunk`). Owner 0 is everybody.
CREATE TABLE tariffs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL CHECK (kind IN ('old', 'trunk')),
    owner_id      INTEGER NOT NULL,
    prefix        TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    per_minute    TEXT    NOT NULL,
    connection    TEXT    NOT NULL,
    minimum       TEXT    NOT NULL,
    first_seconds INTEGER NOT NULL,
    next_seconds  INTEGER NOT NULL,
    rounding      TEXT    NOT NULL CHECK (rounding IN ('up', 'nearest', 'down')),
    valid_from    TEXT    NOT NULL,
    valid_until   TEXT,
    UNIQUE (kind, owner_id, prefix, valid_from)
) STRICT;

-- So much of the house's currency is one of another, in a month such as 202611.
CREATE TABLE exchange_rates (
    currency TEXT    NOT NULL,
    month    INTEGER NOT NULL,
    rate     TEXT    NOT NULL,
    PRIMARY KEY (currency, month)
) STRICT, WITHOUT ROWID;

-- Rises with every change of the two tables above.
CREATE TABLE tariff_version (
    version INTEGER NOT NULL
) STRICT;
INSERT INTO tariff_version (version) VALUES (1);

-- What is to be rated, for the first time or anew.
CREATE TABLE dues (
    kind    TEXT    NOT NULL CHECK (kind IN ('leg', 'sitting')),
    subject INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- What a call, or two posts in a meeting, cost and would have cost. They name nobody, and outlive the call records.
CREATE TABLE ratings (
    kind           TEXT    NOT NULL CHECK (kind IN ('leg', 'sitting')),
    subject        INTEGER NOT NULL,
    -- The post called; 0 for outside.
    to_post        INTEGER NOT NULL,
    -- The country outside, if it is known.
    to_country     TEXT    NOT NULL,
    -- The post that would have paid.
    post_id        INTEGER NOT NULL,
    month          INTEGER NOT NULL,
    answered_at    INTEGER NOT NULL,
    millis         INTEGER NOT NULL,
    -- Nothing where no tariff is known.
    actual         INTEGER,
    old            INTEGER,
    actual_because TEXT    NOT NULL,
    old_because    TEXT    NOT NULL,
    quality        TEXT    CHECK (quality IN ('good', 'fair', 'poor')),
    PRIMARY KEY (kind, subject, to_post)
) STRICT, WITHOUT ROWID;
CREATE INDEX ratings_by_month ON ratings (month, post_id, answered_at);

-- The names of posts as they were last, since posts may go.
CREATE TABLE rated_posts (
    post_id INTEGER PRIMARY KEY,
    name    TEXT NOT NULL
) STRICT;

-- What ratings add up to. Amounts count where both are known; `unrated` says how often they are not.
CREATE TABLE savings_sums (
    month       INTEGER NOT NULL,
    post_id     INTEGER NOT NULL,
    to_post     INTEGER NOT NULL,
    to_country  TEXT    NOT NULL,
    records     INTEGER NOT NULL,
    millis      INTEGER NOT NULL,
    unrated     INTEGER NOT NULL,
    actual      INTEGER NOT NULL,
    old         INTEGER NOT NULL,
    good_millis INTEGER NOT NULL,
    fair_millis INTEGER NOT NULL,
    poor_millis INTEGER NOT NULL,
    PRIMARY KEY (month, post_id, to_post, to_country)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ratings_are_added AFTER INSERT ON ratings
BEGIN
    INSERT INTO savings_sums VALUES (NEW.month, NEW.post_id, NEW.to_post, NEW.to_country, 0, 0, 0, 0, 0, 0, 0, 0)
        ON CONFLICT DO NOTHING;
    UPDATE savings_sums SET
        records = records + 1,
        millis = millis + NEW.millis,
        unrated = unrated + (NEW.actual IS NULL OR NEW.old IS NULL),
        actual = actual + iif(NEW.old IS NULL, 0, coalesce(NEW.actual, 0)),
        old = old + iif(NEW.actual IS NULL, 0, coalesce(NEW.old, 0)),
        good_millis = good_millis + iif(NEW.quality = 'good', NEW.millis, 0),
        fair_millis = fair_millis + iif(NEW.quality = 'fair', NEW.millis, 0),
        poor_millis = poor_millis + iif(NEW.quality = 'poor', NEW.millis, 0)
        WHERE month = NEW.month AND post_id = NEW.post_id AND to_post = NEW.to_post AND to_country = NEW.to_country;
END;
CREATE TRIGGER ratings_are_taken_away AFTER DELETE ON ratings
BEGIN
    UPDATE savings_sums SET
        records = records - 1,
        millis = millis - OLD.millis,
        unrated = unrated - (OLD.actual IS NULL OR OLD.old IS NULL),
        actual = actual - iif(OLD.old IS NULL, 0, coalesce(OLD.actual, 0)),
        old = old - iif(OLD.actual IS NULL, 0, coalesce(OLD.old, 0)),
        good_millis = good_millis - iif(OLD.quality = 'good', OLD.millis, 0),
        fair_millis = fair_millis - iif(OLD.quality = 'fair', OLD.millis, 0),
        poor_millis = poor_millis - iif(OLD.quality = 'poor', OLD.millis, 0)
        WHERE month = OLD.month AND post_id = OLD.post_id AND to_post = OLD.to_post AND to_country = OLD.to_country;
    DELETE FROM savings_sums WHERE month = OLD.month AND post_id = OLD.post_id AND to_post = OLD.to_post
        AND to_country = OLD.to_country AND records = 0;
END;

-- A leg that was answered is due once it has ended; the side that called is the same call.
CREATE TRIGGER legs_are_due_at_once AFTER INSERT ON legs
WHEN NEW.inbound = 0 AND NEW.answered_at IS NOT NULL AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO dues VALUES ('leg', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER legs_are_due AFTER UPDATE ON legs
WHEN NEW.inbound = 0 AND NEW.answered_at IS NOT NULL AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO dues VALUES ('leg', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER sittings_are_due AFTER UPDATE OF ended_at ON sittings
WHEN NEW.kind = 'meeting' AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO dues VALUES ('sitting', NEW.id) ON CONFLICT DO NOTHING;
END;
INSERT INTO dues SELECT 'leg', id FROM legs WHERE inbound = 0 AND answered_at IS NOT NULL AND ended_at IS NOT NULL;
INSERT INTO dues SELECT 'sitting', id FROM sittings WHERE kind = 'meeting' AND ended_at IS NOT NULL;

-- To add up the records of a month beside the page.
CREATE INDEX legs_by_answer ON legs (answered_at, ended_at, kind, run, call) WHERE inbound = 0 AND ended_at IS NOT NULL;
