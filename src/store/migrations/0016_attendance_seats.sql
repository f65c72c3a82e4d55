-- Where those who were there sat: the place of their party in the order of precedence and theirs in it, and as what.
ALTER TABLE attendances ADD COLUMN party_rank INTEGER;
ALTER TABLE attendances ADD COLUMN seat_rank INTEGER;
ALTER TABLE attendances ADD COLUMN title TEXT;
ALTER TABLE attendances ADD COLUMN role TEXT;
ALTER TABLE attendances ADD COLUMN is_head INTEGER NOT NULL DEFAULT 0;
