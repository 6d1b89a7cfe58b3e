import type { SampleEvent } from '../../ingest/demo/encode.ts';
import type { WireWrite } from '../../ingest/contracts/events.ts';
import { inputsOf } from './platform-plan.ts';
import type { Platform } from './platform.ts';

/** Share of jobs whose output flows back into what they read. */
const FEEDBACK_SHARE = 0.001;

/**
 * Closes circles: the job that writes what another reads is deployed again, reading what that other one
 * writes. One field of each is in the circle, so it is one of fields too.
 */
export function* addFeedback(platform: Platform): Generator<SampleEvent> {
  const { producers, size } = platform.plan;
  const writerOf = new Map(producers.flatMap((producer) => Array.from({ length: producer.topics }, (_, i) => [producer.firstTopic + i, producer] as const)));
  const wanted = Math.max(1, Math.round(size.jobs * FEEDBACK_SHARE));
  const closed = new Set<number>();
  for (let at = Math.floor(producers.length / 2); at < producers.length && closed.size < wanted; at += 1) {
    const reader = producers[at];
    const [topic] = reader === undefined ? [] : inputsOf(platform.plan, reader);
    const writer = topic === undefined ? undefined : writerOf.get(topic);
    if (reader === undefined || writer === undefined || topic === undefined || writer.depth === 0 || closed.has(writer.job)) continue;
    const [output] = platform.programOf(reader).writes;
    const through = output?.derivations?.find(({ from }) => from.some(({ read }) => read === 0));
    const path = through?.from.find(({ read }) => read === 0)?.path;
    if (output === undefined || through === undefined || path === undefined) continue;
    const back = { dataset: output.dataset, path: through.to };
    closed.add(writer.job);
    yield platform.deployed(writer, ({ reads, writes }) => ({
      reads: [...reads, { dataset: back.dataset, readerSchema: null, fields: [{ path: back.path, why: [] }], whole: true, evolution: null }],
      writes: writes.map((write, i) => (writer.firstTopic + i === topic ? withOrigin(write, path, { read: reads.length, path: back.path }) : write)),
    }));
  }
}

function withOrigin(write: WireWrite, to: string, origin: { readonly read: number; readonly path: string }): WireWrite {
  const others = (write.derivations ?? []).filter((derivation) => derivation.to !== to);
  const known = write.derivations?.find((derivation) => derivation.to === to)?.from ?? [];
  return { ...write, derivations: [...others, { to, from: [...known, { ...origin, identity: false }] }] };
}
