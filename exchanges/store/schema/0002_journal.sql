-- How far the journal of each venue is stored; the newest row of a venue counts.
CREATE TABLE journal_positions (
    exchange VARCHAR NOT NULL,
    segment BIGINT NOT NULL,
    byte_offset BIGINT NOT NULL
);

-- Which adapter read the row; NULL where none did.
ALTER TABLE liquidations ADD COLUMN adapter_version INTEGER;

-- What does not fit is kept beside the other things that people look after.
DROP TABLE rejected;
