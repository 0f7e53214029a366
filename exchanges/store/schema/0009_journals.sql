-- Whose journal it is, where several workers write; NULL is the only one of a lake in a folder.
ALTER TABLE journal_positions ADD COLUMN journal VARCHAR;
