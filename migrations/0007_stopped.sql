-- Somebody said /stop while the message was in hand: whatever it would have become, it ends as stopped, in the next
-- process as well.
ALTER TABLE messages ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;
