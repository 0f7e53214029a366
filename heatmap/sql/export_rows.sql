-- Every liquidation of an export, all types and all columns, as of one snapshot of the store.
SELECT *
FROM liquidations AT (VERSION => $snapshot)
WHERE exchange IN (SELECT unnest($exchanges))
  AND exchange_time >= $start AND exchange_time < $end
  AND ($symbol IS NULL OR symbol = $symbol)
  AND ($side IS NULL OR side = $side)
  AND ($type IS NULL OR liquidation_type = $type)
  AND ($min_value IS NULL OR value_usd >= $min_value)
  AND ($max_value IS NULL OR value_usd <= $max_value)
