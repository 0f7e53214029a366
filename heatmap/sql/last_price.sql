-- The newest stored price that tells where the market was.
SELECT price, price_kind, exchange, exchange_time
FROM selected
WHERE price_kind <> 'entry'
ORDER BY exchange_time DESC, event_id DESC
LIMIT 1;
