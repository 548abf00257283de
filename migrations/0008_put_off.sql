-- When a reply was put off. A clock that shows an earlier time has been set back since, and the reply is due.
ALTER TABLE replies ADD COLUMN put_off_at INTEGER NOT NULL DEFAULT 0;
