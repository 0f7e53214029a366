-- The cells of a selection, one a row.
SELECT exchange, side, time_index, price_index, value_usd, events, unknown_values
FROM binned
ORDER BY exchange, side, time_index, price_index;
