-- Rows per exchange and hour; hours are counted back from $end.
SELECT
    exchange,
    CAST(floor((epoch($end) - epoch(exchange_time)) / 3600) AS BIGINT) AS hours_ago,
    count(*) AS events
FROM selected
GROUP BY ALL;
