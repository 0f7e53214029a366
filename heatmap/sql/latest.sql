-- The newest liquidations of a selection, from a cursor on: those after (older than) its row.
SELECT
    event_id, exchange, instrument_id, symbol, side, price, price_kind, quantity, value_usd,
    liquidation_type, completeness, confidence, exchange_time, received_time, adapter_version
FROM selected
WHERE ($cursor_time IS NULL OR exchange_time <= $cursor_time)
  AND ($cursor_time IS NULL OR exchange_time < $cursor_time OR event_id < $cursor_id)
ORDER BY exchange_time DESC, event_id DESC
LIMIT $limit;
