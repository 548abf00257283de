-- What the owner was told about the house itself: when, and how often in a row while it lasts. So that one cause is told
-- once an hour at most, whatever happens to the process in between.
CREATE TABLE alarms (
    cause   TEXT    NOT NULL PRIMARY KEY,     -- poll:telegram, disk, model:NAME
    told_at INTEGER NOT NULL,
    times   INTEGER NOT NULL DEFAULT 1        -- 0 once it is over
) WITHOUT ROWID;

-- One row that is written now and then, to see that the disk takes it.
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
);
