-- Two more roles. The column is made anew under its own name, so that the rest of the table, and who refers to it, stays.
ALTER TABLE users RENAME COLUMN role TO role_before;
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user'
    CHECK (role IN ('administrator', 'it-officer', 'protocol-officer', 'user'));
UPDATE users SET role = role_before;
ALTER TABLE users DROP COLUMN role_before;

-- Who somebody is for others: what they do, where, and in which order protocol names them (1 is first).
ALTER TABLE users ADD COLUMN function TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN rank INTEGER;
ALTER TABLE users ADD COLUMN post_id INTEGER REFERENCES posts (id) ON DELETE SET NULL;
ALTER TABLE users ADD COLUMN languages TEXT NOT NULL DEFAULT '';
CREATE INDEX users_by_post ON users (post_id);

-- Who vouches for an account, and what they call it. An empty password opens nothing.
ALTER TABLE users ADD COLUMN origin TEXT NOT NULL DEFAULT 'local' CHECK (origin IN ('local', 'oidc', 'ldap'));
ALTER TABLE users ADD COLUMN subject TEXT;
CREATE UNIQUE INDEX users_by_subject ON users (subject);
ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
-- The password was chosen by somebody else and is to be changed first of all.
ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;

-- The second factor (RFC 6238): the secret is sealed; a code of a step that was used, or of an earlier one, is refused.
ALTER TABLE users ADD COLUMN totp_sealed TEXT;
ALTER TABLE users ADD COLUMN totp_pending TEXT;
ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) STRICT;

-- From what somebody is signed in.
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- Where a post is, and how much its link carries, in kbit/s; nothing is not known.
ALTER TABLE posts ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN down_kbit INTEGER;
ALTER TABLE posts ADD COLUMN up_kbit INTEGER;
