-- Minutes at which to cut an export into slices of about $slice_rows rows, with their rows.
SELECT CAST(min(minute) AS BIGINT), CAST(sum(events) AS BIGINT)
FROM (
    SELECT
        minute,
        events,
        (sum(events) OVER (ORDER BY minute ROWS UNBOUNDED PRECEDING) - events) // $slice_rows
            AS slice
    FROM (
        SELECT epoch_ms(exchange_time) // 60000 AS minute, count(*) AS events
        FROM selected
        GROUP BY minute
    )
)
GROUP BY slice
ORDER BY slice;
