-- Within a file the rows of a symbol lie together: a question about one reads a part of the file.
ALTER TABLE liquidations SET SORTED BY (symbol ASC, exchange_time ASC);
