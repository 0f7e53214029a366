-- How far a contract's mark price went in five minutes.
CREATE TABLE mark_candles (
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    high DOUBLE NOT NULL,
    low DOUBLE NOT NULL
);

-- What is open of a contract at a full five minutes: base units, counted on one side.
CREATE TABLE open_interest (
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    quantity DOUBLE NOT NULL
);

-- A contract's tiers as they were told; all of the newest told_at count, and no others.
-- floor and cap (NULL: no end) are in `unit`: usd or base. deduction NULL: not told.
CREATE TABLE leverage_tiers (
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    floor DOUBLE NOT NULL,
    cap DOUBLE,
    unit VARCHAR NOT NULL,
    maintenance_rate DOUBLE NOT NULL,
    max_leverage DOUBLE NOT NULL,
    deduction DOUBLE,
    told_at TIMESTAMPTZ NOT NULL
);

-- Most questions are about one symbol.
ALTER TABLE candles SET SORTED BY (symbol ASC, exchange ASC, opened_at ASC);
ALTER TABLE mark_candles SET SORTED BY (symbol ASC, exchange ASC, opened_at ASC);
ALTER TABLE open_interest SET SORTED BY (symbol ASC, exchange ASC, "at" ASC);
