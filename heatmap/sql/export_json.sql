-- The rows of an export as one JSON text each, times as ISO-8601.
SELECT to_json(told) AS line
FROM (
    SELECT * REPLACE (
        strftime(exchange_time, '%Y-%m-%dT%H:%M:%S.%fZ') AS exchange_time,
        strftime(received_time, '%Y-%m-%dT%H:%M:%S.%fZ') AS received_time
    )
    FROM selected
) AS told
ORDER BY told.exchange_time, told.event_id;
