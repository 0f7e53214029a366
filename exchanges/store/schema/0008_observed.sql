-- What one pass over a venue's accounts came to, for one symbol. Written after its positions, so a
-- pass that is here is whole.
CREATE TABLE observed_passes (
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    -- The accounts were asked in between.
    began_at TIMESTAMPTZ NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    -- Accounts: those known, those asked in this pass, those of them that gave no usable answer.
    known INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    -- The mark price that the positions were valued at; NULL: there were none.
    price DOUBLE,
    -- Base units, one side, as last stored before; NULL: not known for the last hour.
    open_interest DOUBLE,
    -- All longs seen, of the open interest; NULL without it.
    coverage DOUBLE
);

-- Open positions as a venue told them: facts, not estimates, and never all of them. Whose they are
-- is not stored: a level needs no owner, and files that are exported and copied shall not follow
-- people about.
CREATE TABLE observed_positions (
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    side VARCHAR NOT NULL,
    margin_mode VARCHAR NOT NULL,
    -- Base units.
    quantity DOUBLE NOT NULL,
    entry_price DOUBLE,
    -- Of a cross position it is that of the whole account, others unchanged; NULL: told none.
    liquidation_price DOUBLE,
    leverage DOUBLE
);
ALTER TABLE observed_positions SET SORTED BY (symbol ASC, taken_at ASC);
