-- What the venues said, one row a liquidation, and what did not fit, whole.
CREATE TABLE liquidations (
    event_id VARCHAR NOT NULL,
    exchange VARCHAR NOT NULL,
    instrument_id VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    price DOUBLE NOT NULL,
    price_kind VARCHAR NOT NULL,
    quantity DOUBLE,
    value_usd DOUBLE,
    liquidation_type VARCHAR NOT NULL,
    completeness VARCHAR NOT NULL,
    confidence DOUBLE NOT NULL,
    exchange_time TIMESTAMPTZ NOT NULL,
    received_time TIMESTAMPTZ NOT NULL,
    raw_side VARCHAR NOT NULL,
    raw_size DOUBLE NOT NULL,
    raw_unit VARCHAR NOT NULL,
    raw VARCHAR NOT NULL
);

CREATE TABLE rejected (
    exchange VARCHAR NOT NULL,
    received_time TIMESTAMPTZ NOT NULL,
    reason VARCHAR NOT NULL,
    frame VARCHAR NOT NULL
);
