-- Whether a trunk's provider is told the names of callers, and not their numbers alone.
ALTER TABLE trunks ADD COLUMN show_name INTEGER NOT NULL DEFAULT 0;
