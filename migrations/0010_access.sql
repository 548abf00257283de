-- Who may talk, as far as it was said in a chat; the configuration's lists go before it. Names stand in `people`, only to
-- be shown: a role is of an id.
CREATE TABLE roles (
    messenger TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    role      TEXT    NOT NULL CHECK (role IN ('owner', 'member', 'guest', 'child', 'denied')),
    since     INTEGER NOT NULL,
    PRIMARY KEY (messenger, person)
) WITHOUT ROWID;

-- Chats of several people that the owner has let in: everybody there who is not denied is heard.
CREATE TABLE allowed_groups (
    messenger TEXT    NOT NULL,
    chat      TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    PRIMARY KEY (messenger, chat)
) WITHOUT ROWID;

-- The one-time code that makes its sender the owner, for each messenger that has none. Only its sum is kept; all rows have
-- the same one and go together, so that the code is used once.
CREATE TABLE claims (
    messenger TEXT    NOT NULL PRIMARY KEY,
    sum       TEXT    NOT NULL,               -- SHA-256 of the code, hexadecimal
    wrong     INTEGER NOT NULL DEFAULT 0,     -- wrong codes since, whoever sent them
    made_at   INTEGER NOT NULL
) WITHOUT ROWID;

-- Wrong codes, one row a try: five within an hour lock a person out for an hour. What was tried is not kept.
CREATE TABLE wrong_codes (
    id        INTEGER PRIMARY KEY,
    messenger TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    at        INTEGER NOT NULL
);
CREATE INDEX wrong_codes_person ON wrong_codes (messenger, person, at);

-- Who was told that this is a private house: a person in private (no chat), a chat (no person), or somebody in a chat
-- whose id is not one person's. '' stands for none, for NULLs are never equal.
CREATE TABLE turned_away (
    messenger TEXT    NOT NULL,
    chat      TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (messenger, chat, person)
) WITHOUT ROWID;

-- Requests of people with a number of them a day: when, and whether for a picture; no words. /forget leaves them, or it
-- would give the day back.
CREATE TABLE requests (
    id        INTEGER PRIMARY KEY,
    messenger TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    picture   INTEGER NOT NULL,
    at        INTEGER NOT NULL
);
CREATE INDEX requests_person ON requests (messenger, person, at);
