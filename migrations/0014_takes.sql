-- What a reply takes the place of, where neither its request nor its drawing names it (any more): a message of ours that
-- stood for something which is not to come, or which came otherwise.
ALTER TABLE replies ADD COLUMN takes TEXT;
