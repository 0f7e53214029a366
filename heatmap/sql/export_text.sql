-- The rows of an export with times as ISO-8601.
SELECT * REPLACE (
    strftime(exchange_time, '%Y-%m-%dT%H:%M:%S.%fZ') AS exchange_time,
    strftime(received_time, '%Y-%m-%dT%H:%M:%S.%fZ') AS received_time
)
FROM selected
ORDER BY selected.exchange_time, event_id;
