-- The rows of an export as they are stored.
SELECT *
FROM selected
ORDER BY exchange_time, event_id;
