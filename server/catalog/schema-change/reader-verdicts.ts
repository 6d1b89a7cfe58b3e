import type { Evidence } from '../changes.ts';
import type { Finding } from '../gate/finding.ts';
import type { RuleId } from '../gate/rules.ts';
import type { DatasetState, DeployedReader } from '../gate/world.ts';
import { datasetKey, type DatasetRef, entityKey, type ReaderRef } from '../names.ts';

/** `unknown`: what the reader reads, or decodes with, was never said or seen, and it may break. */
export type ReaderOutcome = 'breaks' | 'goes-on' | 'unknown';

/** What a candidate is to one deployed reader of one topic. */
export interface ReaderVerdict {
  readonly reader: ReaderRef;
  readonly owner: string | null;
  readonly topic: DatasetRef;
  readonly outcome: ReaderOutcome;
  readonly evidence: readonly Evidence[];
  /** Sentences; empty where it goes on. */
  readonly reasons: readonly string[];
}

const OUTCOME_OF: Readonly<Partial<Record<RuleId, ReaderOutcome>>> = {
  'output-breaks-reader': 'breaks', 'output-field-not-written': 'breaks', 'output-reinterpreted': 'breaks',
  'output-unknown-use': 'unknown', 'version-unreadable': 'unknown',
};

/** A verdict for every deployed reader of a topic; `found` is what the checks found, whatever policy makes of it. */
export function readerVerdicts({ ref, readers, fields, versions }: DatasetState, found: readonly Finding[]): readonly ReaderVerdict[] {
  const ofTopic = found.filter(({ dataset }) => dataset !== null && datasetKey(dataset) === datasetKey(ref));
  // Without schema and fields of the topic nothing was compared for who is known to read it and no more.
  const comparable = fields.length > 0 || versions.some(({ schema }) => schema.readable);
  return readers.map((reader) => {
    const about = ofTopic.filter(({ rule, affected }) => OUTCOME_OF[rule] !== undefined && affected.some((a) => entityKey(a.ref) === entityKey(reader.ref)));
    const outcomes = about.map(({ rule }) => OUTCOME_OF[rule]);
    const outcome = outcomes.includes('breaks') ? 'breaks' : outcomes.includes('unknown') || !(comparable || isKnown(reader)) ? 'unknown' : 'goes-on';
    const reasons = about.length === 0 && outcome === 'unknown' ? [`nobody knows which fields ${reader.ref.kind} \`${reader.ref.name}\` reads, nor which there are`] : about.map(({ message }) => message);
    return { reader: reader.ref, owner: reader.owner, topic: ref, outcome, evidence: reader.evidence, reasons: [...new Set(reasons)] };
  });
}

function isKnown({ completeness, readerSchema }: DeployedReader): boolean {
  return completeness === 'complete' || readerSchema?.readable === true;
}

