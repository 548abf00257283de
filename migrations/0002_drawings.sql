-- The FIFO in front of the painter. Order is by id. The partial index makes two running drawings impossible,
-- whatever the program does.
CREATE TABLE drawings (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message    INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    messenger  TEXT    NOT NULL,
    lane       TEXT    NOT NULL,
    address    TEXT    NOT NULL,              -- Address, JSON
    person     TEXT    NOT NULL,              -- the requester
    reply_to   TEXT,                          -- remote key of the request
    language   TEXT    NOT NULL,
    commission TEXT    NOT NULL,              -- Commission, JSON
    state      TEXT    NOT NULL DEFAULT 'waiting'
               CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled', 'parked')),
    attempt    INTEGER NOT NULL DEFAULT 0,
    boot       TEXT,
    cancel     INTEGER NOT NULL DEFAULT 0,    -- somebody asked; the painter looks between steps
    picture    TEXT,                          -- PictureReply, JSON, once done
    reason     TEXT,
    queued_at  INTEGER NOT NULL,
    started_at INTEGER,
    ended_at   INTEGER
);
CREATE UNIQUE INDEX drawings_one_running ON drawings (state) WHERE state = 'running';
CREATE INDEX drawings_waiting ON drawings (id) WHERE state = 'waiting';
CREATE INDEX drawings_lane ON drawings (lane, id);
