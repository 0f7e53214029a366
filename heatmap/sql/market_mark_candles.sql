-- The range of the mark price of one symbol on one exchange, for the model.
SELECT opened_at, high, low
FROM mark_candles
WHERE exchange = $exchange AND symbol = $symbol AND opened_at >= $start AND opened_at < $end
ORDER BY opened_at
