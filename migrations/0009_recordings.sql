-- A message may carry a recording. Its row comes first, naming the file that will lie in the media folder; until the
-- file lies there the message is not ready, and what its lane says after it waits. What was heard stands above the reply.
ALTER TABLE messages ADD COLUMN recording TEXT;                    -- file in the media folder
ALTER TABLE messages ADD COLUMN ready INTEGER NOT NULL DEFAULT 1;  -- 0 while the file is being brought
ALTER TABLE messages ADD COLUMN flaw TEXT;                         -- why it could not be brought: a phrase, JSON
CREATE INDEX messages_unready ON messages (lane, id) WHERE ready = 0;
ALTER TABLE replies ADD COLUMN heard TEXT;                         -- the transcript that this reply answers
