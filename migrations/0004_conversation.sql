-- What was said, as turns; what a lane has chosen; what a question of ours waits for; what was explained once.
CREATE TABLE turns (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    lane        TEXT    NOT NULL,
    person      TEXT    NOT NULL,
    message     INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    from_person INTEGER NOT NULL,             -- 1: a person said it, 0: the assistant
    text        TEXT    NOT NULL,
    at          INTEGER NOT NULL
);
CREATE INDEX turns_lane ON turns (lane, id);

CREATE TABLE settings (
    lane        TEXT    NOT NULL PRIMARY KEY,
    chosen      TEXT    NOT NULL DEFAULT '{}',-- Settings, JSON
    fresh_after INTEGER NOT NULL DEFAULT 0    -- /new: turns up to this id are not part of the conversation
) WITHOUT ROWID;

CREATE TABLE pending (
    lane       TEXT    NOT NULL,
    person     TEXT    NOT NULL,
    question   TEXT    NOT NULL,              -- Pending, JSON
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (lane, person)
) WITHOUT ROWID;

CREATE TABLE told (
    lane TEXT NOT NULL,
    key  TEXT NOT NULL,
    PRIMARY KEY (lane, key)
) WITHOUT ROWID;

CREATE TABLE people (
    messenger TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    name      TEXT,
    language  TEXT,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (messenger, person)
) WITHOUT ROWID;
