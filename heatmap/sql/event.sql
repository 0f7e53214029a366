-- One liquidation with everything that is stored of it.
SELECT
    event_id, exchange, instrument_id, symbol, side, price, price_kind, quantity, value_usd,
    liquidation_type, completeness, confidence, exchange_time, received_time, adapter_version,
    raw_side, raw_size, raw_unit, raw
FROM liquidations
WHERE event_id = $event_id AND exchange = $exchange
LIMIT 1;
