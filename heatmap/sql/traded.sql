-- What each exchange traded of a symbol, in quote units.
SELECT exchange, fsum(volume * close)
FROM candles
WHERE symbol = $symbol AND opened_at >= $start AND opened_at < $end
  AND list_contains($exchanges, exchange)
GROUP BY exchange
