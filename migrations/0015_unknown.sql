-- How often in a row a part of a reply was sent without anybody knowing whether it arrived. Attempts that surely did not
-- leave are no doubt about it.
ALTER TABLE replies ADD COLUMN unknown INTEGER NOT NULL DEFAULT 0;
