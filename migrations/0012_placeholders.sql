-- Where a messenger can edit, one message stands for a reply from its first sign of life to its end. Its remote id is
-- kept while something is still to come, so that whoever goes on after a crash edits it and posts no second one.
ALTER TABLE messages ADD COLUMN placeholder TEXT;  -- stands for the reply to this message
ALTER TABLE drawings ADD COLUMN placeholder TEXT;  -- says that this drawing waits, or how far it is
