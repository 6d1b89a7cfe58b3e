import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeEvent, type SampleEvent } from '../../ingest/demo/encode.ts';
import { type Decoder, RegistryUnavailable } from '../../ingest/decode/decoder.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { type Store, StoreUnavailable } from '../../server/store/store.ts';
import { decoderHere } from '../bench/decoder-here.ts';
import { wholeCatalog } from '../stack/whole-catalog.ts';
import { drain, histories, isRefused, KeptLetters, logOf, workerOn } from './event-log.ts';

const TIME_LIMIT = 120_000;
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });

/** The naive twin: every event once, alone, by its own time, into an empty store. */
async function rebuilt(events: readonly SampleEvent[]): Promise<readonly string[]> {
  const inOrder = [...events].sort((a, b) => a.event.occurredAt - b.event.occurredAt);
  return withStore(async (store) => {
    for (const contract of ['control', 'audit'] as const) await drain(await logOf(inOrder, contract), contract, { store, worker: workerOn(store) }, [1]);
    return wholeCatalog(store);
  });
}

async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = openSqliteStore({ file: ':memory:' });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** The history again: some events twice, all in another order, even those about one entity. */
const disordered = histories.chain((events) =>
  fc.record({
    events: fc.constant(events),
    sent: fc.tuple(fc.subarray([...events]), fc.shuffledSubarray([...events], { minLength: events.length }), fc.subarray([...events])).map((all) => all.flat()),
    sizes,
  }),
);

test('events in any order, any number of times, in any batches end in the graph of a rebuild', async () => {
  await fc.assert(
    fc.asyncProperty(disordered, async ({ events, sent, sizes: cut }) => {
      const catalog = await withStore(async (store) => {
        for (const contract of ['audit', 'control'] as const) await drain(await logOf(sent, contract), contract, { store, worker: workerOn(store) }, cut);
        return wholeCatalog(store);
      });
      expect(catalog).toEqual(await rebuilt(events));
    }),
    { numRuns: 150 },
  );
}, TIME_LIMIT);

test('a log read a second time from its beginning changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (events) => {
      await withStore(async (store) => {
        const log = await logOf(events, 'control');
        await drain(log, 'control', { store, worker: workerOn(store) }, [3]);
        const before = await store.revision();
        for (const partition of [1, 2]) if (log.length > 0) await workerOn(store).handle({ topic: 'control', partition, generation: 0, messages: log });
        expect(await store.revision()).toEqual(before);
      });
    }),
    { numRuns: 50 },
  );
}, TIME_LIMIT);

/** What fails at each step that can; the step itself is done, or not, before it fails. */
type Fault = 'none' | 'before' | 'after';
const faults = fc.array(fc.constantFrom<Fault>('none', 'none', 'before', 'after'), { maxLength: 30 });

test('a failure between any two steps loses nothing and does nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(histories, sizes, faults, async (events, cut, plan) => {
      const left = [...plan];
      const failing = async <T>(step: () => Promise<T>, failure: Error): Promise<T> => {
        const fault = left.shift() ?? 'none';
        if (fault === 'before') throw failure;
        const done = await step();
        if (fault === 'after') throw failure;
        return done;
      };
      const letters = new KeptLetters();
      const catalog = await withStore(async (store) => {
        const down = new StoreUnavailable('down', 'the store is down');
        const here = decoderHere();
        const decoder: Decoder = { ...here, decode: (contract, values) => failing(() => here.decode(contract, values), new RegistryUnavailable('down')) };
        const broken = { ...store, apply: (batch: Parameters<Store['apply']>[0]) => failing(() => store.apply(batch), down), offsets: (topic: string) => failing(() => store.offsets(topic), down) };
        const deadLetters = { send: (sent: Parameters<KeptLetters['send']>[0]) => failing(() => letters.send(sent), new Error('down')) };
        for (const contract of ['control', 'audit'] as const) await drain(await logOf(events, contract), contract, { store, worker: workerOn(broken, { decoder, deadLetters }) }, cut);
        return wholeCatalog(store);
      });
      expect(catalog).toEqual(await rebuilt(events));
      const refused = await Promise.all(events.filter(isRefused).map(encodeEvent));
      expect(new Set(letters.letters.map(({ value }) => asText(value)))).toEqual(new Set(refused.map(asText)));
    }),
    { numRuns: 150 },
  );
}, TIME_LIMIT);

function asText(bytes: Uint8Array | null): string {
  return Buffer.from(bytes ?? []).toString('base64');
}
