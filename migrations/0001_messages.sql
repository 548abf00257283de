-- Every message that was accepted. The unique key is what makes accepting idempotent: a messenger that offers the
-- same update twice finds it here. A row is taken by one process (boot) at a time and settled once.
CREATE TABLE messages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    messenger   TEXT    NOT NULL,
    chat        TEXT    NOT NULL,
    lane        TEXT    NOT NULL,             -- messenger/chat/thread: the order that is kept
    key         TEXT    NOT NULL,             -- kind and remote id: m:17, e:17:<date>
    person      TEXT    NOT NULL,
    raw         TEXT    NOT NULL,             -- the update as it came
    message     TEXT    NOT NULL,             -- the parsed Message, JSON
    control     INTEGER NOT NULL DEFAULT 0,   -- handled beside its lane, at once
    state       TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'taken', 'settled', 'parked')),
    attempt     INTEGER NOT NULL DEFAULT 0,   -- counted when taken, given back on a polite stop
    boot        TEXT,                         -- who took it
    report      TEXT,                         -- intent, reason and milliseconds per step, JSON
    reason      TEXT,                         -- why it was parked
    received_at INTEGER NOT NULL,
    settled_at  INTEGER,
    UNIQUE (messenger, chat, key)
);
CREATE INDEX messages_waiting ON messages (state, id) WHERE state IN ('new', 'taken');
CREATE INDEX messages_lane ON messages (lane, id);
