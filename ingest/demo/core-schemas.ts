import { record } from './event-maker.ts';

const TIMESTAMP = { type: 'long', logicalType: 'timestamp-millis' };
const MONEY = { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 };
const ADDRESS = { type: 'record', name: 'Address', fields: [{ name: 'street', type: 'string' }, { name: 'city', type: 'string' }, { name: 'country', type: { type: 'string', doc: 'ISO 3166-1 alpha-2' } }] };
const ITEM = { type: 'record', name: 'Item', fields: [{ name: 'sku', type: 'string' }, { name: 'quantity', type: 'int' }, { name: 'price', type: MONEY }] };
const CATEGORY = { type: 'record', name: 'Category', fields: [{ name: 'label', type: 'string' }, { name: 'children', type: { type: 'array', items: 'Category' } }] };

/** The schemas of the hand-written part, by topic; several versions where the story has a past. */
export const CORE_SCHEMAS = {
  payments: [
    record('Payment', { payment_id: 'string', order_id: 'string', amount: MONEY, card_bin: ['null', 'string'] }),
    record('Payment', { payment_id: 'string', order_id: 'string', amount: { type: MONEY, doc: 'What was charged, in `currency`' }, currency: { type: 'string', default: 'EUR' } }),
    record('Payment', {
      payment_id: { type: 'string', doc: 'Set by the payment provider' }, order_id: 'string',
      amount: { type: MONEY, doc: 'What was charged, in `currency`' }, currency: { type: 'string', doc: 'ISO 4217', default: 'EUR' },
      method: { type: ['null', 'string'], default: null }, paid_at: { type: ['null', TIMESTAMP], default: null },
    }, 'One charge of one order'),
  ],
  orders: [record('Order', {
    order_id: 'string', customer_id: { type: 'string', doc: 'Key of customers' }, status: { type: { type: 'enum', name: 'OrderStatus', symbols: ['NEW', 'PAID', 'SHIPPED', 'CANCELLED'], default: 'NEW' }, doc: 'State of the order' },
    items: { type: 'array', items: ITEM }, attributes: { type: 'map', values: 'string' }, created_at: TIMESTAMP,
  }, 'Orders as the shop database has them')],
  customers: [record('Customer', { customer_id: 'string', email: { type: 'string', doc: 'Personal data' }, name: { type: 'string', doc: 'Personal data' }, address: ['null', ADDRESS], segment: { type: ['null', 'string'], default: null } }, 'Customer master data')],
  'viewing-history': [record('Viewing', { profile_id: 'string', title_id: 'string', seconds: 'int', at: TIMESTAMP })],
  'playback-events': [record('Playback', {
    session_id: 'string', profile_id: 'string', device: { type: 'string', doc: 'Family of the device' },
    payload: [{ type: 'record', name: 'Started', fields: [{ name: 'title_id', type: 'string' }] }, { type: 'record', name: 'Stopped', fields: [{ name: 'position', type: 'long' }, { name: 'reason', type: ['null', 'string'] }] }], at: TIMESTAMP,
  })],
  catalog: [record('Title', { title_id: 'string', name: 'string', category: CATEGORY })],
  'orders-enriched': [record('EnrichedOrder', { order_id: 'string', customer_segment: ['null', 'string'], country: ['null', 'string'], total: MONEY, currency: 'string', paid: 'boolean', at: TIMESTAMP })],
  'fraud-scores': [record('FraudScore', { order_id: 'string', score: 'double', model: 'string' })],
  'fraud-alerts': [record('FraudAlert', { order_id: 'string', score: 'double', raised_at: TIMESTAMP })],
  'watch-minutes': [record('WatchMinutes', { profile_id: 'string', title_id: 'string', minutes: 'double' })],
} as const satisfies Record<string, readonly string[]>;

export type CoreTopic = keyof typeof CORE_SCHEMAS;

/** The newest version of a topic's schema. */
export function newest(name: CoreTopic): string {
  const versions: readonly string[] = CORE_SCHEMAS[name];
  return versions.at(-1) ?? '';
}
