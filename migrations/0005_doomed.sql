-- Files to be deleted. A row stands here from the transaction that ended their drawing (or forgot it) until they are
-- gone: so every file is deleted by name, and nothing in the media folder that no row ever named is touched.
CREATE TABLE doomed (
    file TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

-- A drawing that was put back at the end of the line, as which one: it can be put back once.
ALTER TABLE drawings ADD COLUMN retried INTEGER;
