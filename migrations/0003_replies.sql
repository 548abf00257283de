-- The outbox: what the house has to say, until the messenger has confirmed every part of it.
CREATE TABLE replies (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message    INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    drawing    INTEGER REFERENCES drawings (id) ON DELETE SET NULL,
    messenger  TEXT    NOT NULL,
    lane       TEXT    NOT NULL,
    address    TEXT    NOT NULL,              -- Address, JSON
    person     TEXT    NOT NULL,
    reply_to   TEXT,
    language   TEXT    NOT NULL,
    content    TEXT    NOT NULL,              -- Content, JSON: text or phrase keys with arguments
    state      TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'parked')),
    attempt    INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL DEFAULT 0,    -- not before
    reason     TEXT,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER
);
CREATE INDEX replies_waiting ON replies (lane, id) WHERE state = 'waiting';
CREATE INDEX replies_message ON replies (message);

-- Parts of a reply that left; `remote` is the service's own id.
CREATE TABLE parts (
    reply   INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    part    INTEGER NOT NULL,
    remote  TEXT    NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (reply, part)
) WITHOUT ROWID;
