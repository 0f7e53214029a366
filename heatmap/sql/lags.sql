-- How long after the venue's own time rows were received, in milliseconds, per exchange. Rows of
-- the gaps (three lists, one entry a gap) are left out: a repair fetched them later.
WITH gaps AS (
    SELECT
        unnest($gap_exchanges::VARCHAR[]) AS exchange,
        unnest($gap_starts::TIMESTAMPTZ[]) AS start_time,
        unnest($gap_ends::TIMESTAMPTZ[]) AS end_time
),
live AS (
    SELECT exchange, epoch_ms(received_time) - epoch_ms(exchange_time) AS lag
    FROM selected
    WHERE NOT EXISTS (
        SELECT 1 FROM gaps
        WHERE gaps.exchange = selected.exchange
          AND selected.exchange_time >= start_time AND selected.exchange_time < end_time
    )
)
SELECT
    exchange,
    count(*) AS events,
    quantile_cont(lag, 0.5) AS p50,
    quantile_cont(lag, 0.99) AS p99
FROM live
GROUP BY exchange;
