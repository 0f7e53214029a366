-- The newest scorecard of each exchange, symbol and horizon; what is NULL is not filtered by.
SELECT scored_at, exchange, symbol, horizon_hours, since, until, verdict, card
FROM scores
WHERE ($symbol IS NULL OR symbol = $symbol)
  AND ($exchanges IS NULL OR list_contains($exchanges::VARCHAR[], exchange))
  AND ($horizon_hours IS NULL OR horizon_hours = $horizon_hours)
QUALIFY row_number() OVER (
    PARTITION BY exchange, symbol, horizon_hours ORDER BY scored_at DESC, until DESC
) = 1
ORDER BY symbol, exchange, horizon_hours;
