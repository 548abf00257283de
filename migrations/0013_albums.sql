-- Several messages that were sent as one come as one update each, perhaps with different polls, and the words on any of
-- them. The first row stands for all: what comes while it waits is added to it, and the row of that only says where it went.
ALTER TABLE messages ADD COLUMN album TEXT;          -- the service's id of the album
ALTER TABLE messages ADD COLUMN album_until INTEGER; -- the row waits (ready = 0) until then for the rest of its album
ALTER TABLE messages ADD COLUMN joined INTEGER;      -- the row that has what this one said
CREATE INDEX messages_album ON messages (messenger, chat, album) WHERE album IS NOT NULL;
