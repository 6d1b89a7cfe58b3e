-- Large card payments, for the risk desk.
CREATE TABLE payments (
  payment_id STRING NOT NULL,
  order_id   STRING NOT NULL,
  amount     DECIMAL(12, 2) NOT NULL,
  card_bin   STRING
) WITH (
  'connector' = 'kafka', 'topic' = 'payments', 'properties.bootstrap.servers' = 'main', 'format' = 'avro-confluent'
);

CREATE TABLE large_payments (
  payment_id STRING NOT NULL,
  order_id   STRING NOT NULL,
  amount     DECIMAL(12, 2) NOT NULL
) WITH (
  'connector' = 'kafka', 'topic' = 'large-payments', 'properties.bootstrap.servers' = 'main', 'format' = 'avro-confluent'
);

INSERT INTO large_payments
SELECT payment_id, order_id, amount
FROM payments
WHERE amount > 1000 AND card_bin LIKE '4%';
