-- The price and time range of a selection.
SELECT
    min(price) FILTER (price_kind <> 'entry'),
    max(price) FILTER (price_kind <> 'entry'),
    min(exchange_time)
FROM selected;
