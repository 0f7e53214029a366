-- Where the newest candle of a symbol closed.
SELECT close
FROM candles
WHERE symbol = $symbol AND opened_at >= $since
ORDER BY opened_at DESC, exchange
LIMIT 1;
