-- What a venue says prices did in five minutes, one row a candle; volume in base units.
CREATE TABLE candles (
    exchange VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    open DOUBLE NOT NULL,
    high DOUBLE NOT NULL,
    low DOUBLE NOT NULL,
    close DOUBLE NOT NULL,
    volume DOUBLE NOT NULL
);
