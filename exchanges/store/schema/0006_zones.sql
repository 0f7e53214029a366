-- Frozen columns of predicted levels: what the model held for certain at a moment, never changed.
CREATE TABLE zone_columns (
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    -- The close of the last candle that was used.
    frozen_at TIMESTAMPTZ NOT NULL,
    side VARCHAR NOT NULL,
    -- quantity[k] lies in the bin of log price `first_bin + k - 1`; trailing zeros are left out.
    first_bin BIGINT NOT NULL,
    quantity FLOAT[] NOT NULL,
    -- The exchange's own price then.
    price DOUBLE NOT NULL,
    -- The part of the open interest whose opening was seen.
    coverage DOUBLE NOT NULL,
    kernel VARCHAR NOT NULL,
    written_at TIMESTAMPTZ NOT NULL
);
ALTER TABLE zone_columns SET SORTED BY (symbol ASC, frozen_at ASC);

-- The bands of price that a snapshot of all exchanges named; frozen as well.
CREATE TABLE zones (
    -- SHA-256 of the columns that it was made of.
    snapshot VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    frozen_at TIMESTAMPTZ NOT NULL,
    side VARCHAR NOT NULL,
    low DOUBLE NOT NULL,
    high DOUBLE NOT NULL,
    value_usd DOUBLE NOT NULL,
    -- Exchange to US dollars.
    parts MAP(VARCHAR, DOUBLE) NOT NULL,
    -- That at least the usual bin's amount is liquidated if price trades through; NULL: not known.
    probability DOUBLE,
    outcomes INTEGER NOT NULL,
    base_probability DOUBLE,
    coverage DOUBLE NOT NULL,
    confidence VARCHAR NOT NULL,
    written_at TIMESTAMPTZ NOT NULL
);
ALTER TABLE zones SET SORTED BY (symbol ASC, frozen_at ASC);

-- How far from its entry an opened leg is liquidated, by bins of log price, long and short.
CREATE TABLE kernels (
    kernel VARCHAR NOT NULL,
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    fitted_since TIMESTAMPTZ,
    fitted_until TIMESTAMPTZ,
    used_from TIMESTAMPTZ NOT NULL,
    long_weights FLOAT[] NOT NULL,
    short_weights FLOAT[] NOT NULL
);

-- Scorecards as they were made; never changed.
CREATE TABLE scores (
    scored_at TIMESTAMPTZ NOT NULL,
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    horizon_hours INTEGER NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    verdict VARCHAR NOT NULL,
    card VARCHAR NOT NULL
);
