import type { DatasetRef } from '../catalog/names.ts';

export type SchemaSide = 'value' | 'key';
/** A topic and the side of its records that a subject governs. */
export interface Governed {
  readonly dataset: DatasetRef;
  readonly part: SchemaSide;
}
/**
 * Topic ↔ subject. TopicName (`orders-value`, `orders-key`) is known by its form. RecordName and TopicRecordName do not
 * tell the topic, or leave several subjects to one: such a subject governs what the configuration says, or else nothing known.
 */
export interface SubjectNames {
  /** Namespace of the topics. */
  readonly topics: string;
  governedBy(subject: string): Governed | null;
  /** The subjects that may govern the records' values of a topic. */
  subjectsOf(topic: string): readonly string[];
}
export type SubjectNamesOutcome = { readonly outcome: 'parsed'; readonly names: SubjectNames } | { readonly outcome: 'refused'; readonly message: string };

const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;
const SIDES: readonly SchemaSide[] = ['value', 'key'];

/** Parses `shop.Order=orders;shop.OrderKey=orders:key`: what the form of a name does not tell. */
export function parseSubjectNames(topics: string, configured: string): SubjectNamesOutcome {
  const bySubject = new Map<string, Governed>();
  const byPlace = new Map<string, string>();
  for (const entry of configured.split(';').map((part) => part.trim()).filter((part) => part !== '')) {
    const [, subject, topic, side = 'value'] = /^(.+)=([^=:]+)(?::(value|key))?$/.exec(entry) ?? [];
    const part = SIDES.find((s) => s === side);
    if (subject === undefined || topic === undefined || part === undefined || !TOPIC_NAME.test(topic)) return { outcome: 'refused', message: `"${entry}" is not <subject>=<topic> or <subject>=<topic>:key` };
    const place = `${topic}:${part}`;
    if (bySubject.has(subject)) return { outcome: 'refused', message: `"${subject}" is named twice` };
    if (byPlace.has(place)) return { outcome: 'refused', message: `the ${part} of "${topic}" is given to two subjects` };
    bySubject.set(subject, { dataset: { namespace: topics, name: topic }, part });
    byPlace.set(place, subject);
  }
  const byForm = (subject: string): Governed | null => {
    const [, topic, side] = /^(.+)-(value|key)$/.exec(subject) ?? [];
    const part = SIDES.find((s) => s === side);
    if (topic === undefined || part === undefined || !TOPIC_NAME.test(topic) || byPlace.has(`${topic}:${part}`)) return null;
    return { dataset: { namespace: topics, name: topic }, part };
  };
  return {
    outcome: 'parsed',
    names: {
      topics,
      governedBy: (subject) => bySubject.get(subject) ?? byForm(subject),
      subjectsOf: (topic) => [byPlace.get(`${topic}:value`) ?? `${topic}-value`],
    },
  };
}
