import { expect, test } from 'vitest';
import { keptOptions } from '../../../../server/catalog/flink/kept-options.ts';

test('keeps the options that name what a table is bound to', () => {
  const options = {
    connector: 'kafka', topic: 'shop.orders', 'topic-pattern': 'shop\\..*', 'properties.bootstrap.servers': 'a:9092,b:9092', format: 'json', 'key.format': 'raw', 'value.format': 'avro-confluent',
    'key.fields': 'id', 'key.fields-prefix': 'k_', 'value.fields-include': 'EXCEPT_KEY', path: '/data/orders', 'table-name': 'orders', 'database-name': 'crm', 'schema-name': 'public',
    keyspace: 'shop', index: 'orders-{now}', hostname: 'db', 'value.avro-confluent.subject': 'orders-value', 'avro-confluent.schema-registry.subject': 'orders-value',
  };
  expect(keptOptions(options)).toEqual(options);
});

test('drops every other option, secret or not', () => {
  expect(keptOptions({
    password: 's3cret', username: 'svc', 'properties.sasl.jaas.config': 'password="s3cret"', 'properties.group.id': 'g', 'scan.startup.mode': 'earliest-offset',
    'avro-confluent.basic-auth.user-info': 'svc:s3cret', 'value.avro-confluent.url': 'http://svc:s3cret@registry', 'Password': 's3cret', 'secret.topic': 's3cret', 'my-subject': 's3cret', topics: 's3cret',
  })).toEqual({});
});

test.each([
  ['jdbc:mysql://db:3306/crm', 'jdbc:mysql://db:3306/crm'],
  ['jdbc:mysql://svc:s3cret@db:3306/crm?password=s3cret', 'jdbc:mysql://db:3306/crm'],
  ['jdbc:sqlserver://db:1433;user=svc;password=s3cret', 'jdbc:sqlserver://db:1433'],
  ['jdbc:oracle:thin:svc/s3cret@db:1521:orcl', 'db:1521:orcl'],
  ['mongodb://svc:s3cret@a:1,b:2/x', 'mongodb://a:1,b:2/x'],
  ['https://svc:s3/cret@es:9200', 'https://es:9200'],
  ['https://svc:s3@cret@es:9200', 'https://es:9200'],
  ['https://svc:s3,cret@es:9200', 'https://es:9200'],
  ['https://svc:s3?cret@es:9200', 'https://'],
  ['https://svc:s3;cret@es:9200/x', 'https://'],
  ['jdbc:mysql://db:3306/crm?mail=a@b', 'jdbc:mysql://db:3306/crm'],
  ['https://es:9200#s3cret', 'https://es:9200'],
])('cuts user info and parameters out of %s', (url, kept) => {
  expect(keptOptions({ url })).toEqual({ url: kept });
});

test('leaves out what is no text', () => {
  expect(keptOptions({ topic: { password: 's3cret' }, path: ['s3cret'], url: null })).toEqual({});
});
