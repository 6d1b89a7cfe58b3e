/** The domains of the grown platform: what each is about, and the things it brings in. */
export const DOMAINS: readonly { readonly name: string; readonly about: string; readonly things: readonly [string, ...string[]] }[] = [
  { name: 'streaming', about: 'Delivery of video', things: ['stream', 'bitrate', 'rebuffer', 'startup', 'download', 'license', 'subtitle', 'edge-node'] },
  { name: 'content', about: 'The catalog and its rights', things: ['title', 'episode', 'season', 'artwork', 'rights-window', 'trailer', 'cast-member', 'synopsis'] },
  { name: 'growth', about: 'Sign-up and membership', things: ['signup', 'membership', 'plan', 'trial', 'cancellation', 'referral', 'campaign', 'landing-page'] },
  { name: 'billing', about: 'Invoices and taxes', things: ['invoice', 'charge', 'refund', 'tax-rate', 'gift-card', 'payment-method', 'dunning-step', 'payout'] },
  { name: 'ads', about: 'Advertising', things: ['impression', 'ad-break', 'creative', 'bid', 'advertiser', 'budget', 'click', 'frequency-cap'] },
  { name: 'messaging', about: 'Mail and notifications', things: ['email', 'push', 'in-app-message', 'template', 'bounce', 'preference', 'send', 'unsubscribe'] },
  { name: 'search', about: 'Queries and results', things: ['query', 'result-click', 'suggestion', 'synonym', 'index-build', 'ranking', 'voice-query', 'no-result'] },
  { name: 'devices', about: 'Devices and their software', things: ['device', 'firmware', 'crash', 'certification', 'capability', 'partner', 'remote-key', 'boot'] },
  { name: 'games', about: 'Games', things: ['match', 'player', 'purchase', 'leaderboard', 'achievement', 'lobby', 'save-state', 'controller'] },
  { name: 'studio', about: 'Productions', things: ['production', 'shooting-day', 'asset', 'vendor', 'budget-line', 'crew-member', 'location', 'review-note'] },
  { name: 'network', about: 'The delivery network', things: ['route', 'cache-fill', 'peering', 'link', 'dns-answer', 'flow', 'outage', 'capacity'] },
  { name: 'security', about: 'Accounts and abuse', things: ['login', 'token', 'credential', 'alert', 'device-trust', 'abuse-report', 'password-reset', 'session'] },
  { name: 'recommendations', about: 'What is shown to whom', things: ['candidate', 'row', 'feature', 'embedding', 'rating', 'thumb', 'watchlist', 'exposure'] },
  { name: 'experiments', about: 'Tests and their results', things: ['allocation', 'cell', 'metric', 'test-plan', 'exclusion', 'readout', 'guardrail', 'assignment'] },
];

/** One field a schema can have, as Avro has it. */
export interface WordField {
  readonly name: string;
  readonly type: unknown;
  readonly doc?: string;
  readonly default?: unknown;
}

const at = { type: 'long', logicalType: 'timestamp-millis' };
const money = { type: 'bytes', logicalType: 'decimal', precision: 14, scale: 2 };
const optional = (type: unknown): Pick<WordField, 'type' | 'default'> => ({ type: ['null', type], default: null });
const struct = (name: string, fields: readonly WordField[]): unknown => ({ type: 'record', name: `mesh.${name}`, fields });

/** Plain fields that things have in common. */
export const PLAIN_FIELDS: readonly WordField[] = [
  { name: 'country', type: 'string', doc: 'ISO 3166-1 alpha-2' }, { name: 'language', ...optional('string'), doc: 'BCP 47' }, { name: 'currency', ...optional('string'), doc: 'ISO 4217' },
  { name: 'profile_id', type: 'string', doc: 'A profile of a member' }, { name: 'account_id', type: 'string', doc: 'The paying account' }, { name: 'title_id', ...optional('long'), doc: 'Key of content-title' },
  { name: 'device_id', ...optional('string') }, { name: 'app_version', type: 'string' }, { name: 'amount', type: money, doc: 'In `currency`' }, { name: 'quantity', type: 'int' }, { name: 'score', type: 'double' },
  { name: 'duration_ms', type: 'long' }, { name: 'status', type: 'string' }, { name: 'reason', ...optional('string') }, { name: 'source', type: 'string', doc: 'Where it was first heard of' }, { name: 'partner_id', ...optional('string') },
  { name: 'email', ...optional('string'), doc: 'Personal data' }, { name: 'ip_address', ...optional('string'), doc: 'Personal data' }, { name: 'user_agent', ...optional('string') }, { name: 'experiment_cell', ...optional('int') },
  { name: 'request_id', type: { type: 'string', logicalType: 'uuid' } }, { name: 'day', type: { type: 'int', logicalType: 'date' } }, { name: 'is_test', type: 'boolean', default: false }, { name: 'region', type: 'string' },
  { name: 'updated_at', ...optional(at) }, { name: 'valid_until', ...optional(at) }, { name: 'rank', ...optional('int') }, { name: 'bytes_sent', type: 'long' }, { name: 'error_code', ...optional('int') }, { name: 'plan_code', type: 'string' },
];

/** Fields with something inside: records, arrays, maps, unions of records, and a type that holds itself. */
export const NESTED_FIELDS: readonly WordField[] = [
  { name: 'device', ...optional(struct('Device', [{ name: 'family', type: 'string' }, { name: 'model', ...optional('string') }, { name: 'os', type: struct('Os', [{ name: 'name', type: 'string' }, { name: 'version', type: 'string' }]) }])) },
  { name: 'geo', type: struct('Geo', [{ name: 'country', type: 'string' }, { name: 'city', ...optional('string') }, { name: 'point', ...optional(struct('Point', [{ name: 'lat', type: 'double' }, { name: 'lon', type: 'double' }])) }]) },
  { name: 'labels', type: { type: 'map', values: 'string' } },
  { name: 'flags', type: { type: 'array', items: 'string' }, default: [] },
  { name: 'lines', type: { type: 'array', items: struct('Line', [{ name: 'sku', type: 'string' }, { name: 'count', type: 'int' }, { name: 'price', type: money }]) } },
  { name: 'payload', type: [struct('Created', [{ name: 'by', type: 'string' }]), struct('Changed', [{ name: 'by', type: 'string' }, { name: 'before', ...optional('string') }, { name: 'after', type: 'string' }]), struct('Removed', [{ name: 'reason', type: 'string' }])] },
  { name: 'category', ...optional(struct('Category', [{ name: 'label', type: 'string' }, { name: 'children', type: { type: 'array', items: 'Category' } }])) },
  { name: 'measures', type: { type: 'map', values: struct('Measure', [{ name: 'value', type: 'double' }, { name: 'unit', type: 'string' }]) } },
];

/** The time every record of the grown platform carries. */
export const OCCURRED_AT: WordField = { name: 'occurred_at', type: at, doc: 'When it happened, not when it was sent' };
