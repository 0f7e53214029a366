-- The rows of a selection, put in place of `FROM selected`; what is NULL is not filtered by.
SELECT * FROM liquidations
WHERE exchange_time >= $start AND exchange_time < $end
  AND ($symbol IS NULL OR symbol = $symbol)
  AND list_contains($exchanges, exchange)
  AND list_contains($types, liquidation_type)
  AND ($side IS NULL OR side = $side)
  AND ($min_value IS NULL OR value_usd >= $min_value)
  AND ($max_value IS NULL OR value_usd <= $max_value)
