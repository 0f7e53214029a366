-- Seconds in which venues stated prices of one symbol that lie at least $threshold percent
-- apart, widest first. A venue's price is the mean of its rows in the second; seconds whose
-- extreme rows are too close are left out before means are taken.
WITH placed AS NOT MATERIALIZED (
    SELECT symbol, exchange, price, price_kind, date_trunc('second', exchange_time) AS second
    FROM selected
    WHERE price_kind <> 'entry'
),
candidates AS (
    SELECT symbol, second
    FROM placed
    GROUP BY symbol, second
    HAVING min(exchange) <> max(exchange)
       AND 100 * (max(price) - min(price)) / min(price) >= $threshold
),
prices AS (
    SELECT
        symbol,
        second,
        exchange,
        avg(price) AS price,
        min(price_kind) AS price_kind,
        count(*) AS events
    FROM placed
    SEMI JOIN candidates USING (symbol, second)
    GROUP BY ALL
)
SELECT
    symbol,
    second,
    100 * (max(price) - min(price)) / min(price) AS spread_percent,
    list({'exchange': exchange, 'price': price, 'price_kind': price_kind, 'count': events}
         ORDER BY price, exchange) AS prices
FROM prices
GROUP BY symbol, second
HAVING count(*) > 1 AND 100 * (max(price) - min(price)) / min(price) >= $threshold
ORDER BY spread_percent DESC, second DESC, symbol
LIMIT $limit;
