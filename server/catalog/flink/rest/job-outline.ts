import { MOST_VERTICES } from './source-topics.ts';

/** What a job is made of, by the names Flink gives the vertices of its plan: tables of its SQL or operators, never topics. */
export interface JobOutline {
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
}

/** Names told of each side; the rest is counted. */
const TOLD_NAMES = 10;
/** Longest name told: names are made of whatever SQL holds. */
const MOST_NAME = 200;

/** null where the details of a job have no vertices to look at. */
export function jobOutline(details: unknown): JobOutline | null {
  const vertices = typeof details === 'object' && details !== null && 'vertices' in details ? details.vertices : null;
  if (!Array.isArray(vertices) || vertices.length === 0 || vertices.length > MOST_VERTICES) return null;
  const parts = (vertices as readonly unknown[]).flatMap((vertex) => {
    const name = typeof vertex === 'object' && vertex !== null && 'name' in vertex ? vertex.name : null;
    // Chained operators: `Source: a -> (b[1] -> c[2]: Writer, d[3])`.
    return typeof name === 'string' ? name.split(/ -> |, |[()]/) : [];
  });
  const named = (pattern: RegExp): readonly string[] => [...new Set(parts.flatMap((part) => pattern.exec(part.trim())?.[1] ?? []))].sort();
  return { sources: named(/^Source: (?:KafkaSource-)?(.+?)(?:\[\d+\])?$/), sinks: named(/^(?:Sink: )?(.+?)(?:\[\d+\])?: Writer$/) };
}

/** The outline and how often the job came back, for people. `restarts` null: not told. */
export function outlineText(id: string, { sources, sinks }: JobOutline, restarts: number | null): string {
  const side = (what: string, names: readonly string[]): string => (names.length === 0 ? '' : ` ${what}: ${names.slice(0, TOLD_NAMES).map((name) => name.slice(0, MOST_NAME)).join(', ')}${names.length > TOLD_NAMES ? ` and ${names.length - TOLD_NAMES} more` : ''}.`);
  const often = restarts === null ? '' : `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}`;
  return `Flink job ${id}${often}.${side('Sources', sources)}${side('Sinks', sinks)}`;
}

/** How often a job was restarted, from `GET /jobs/<id>/metrics?get=numRestarts`; null where it does not say. */
export function restartsOf(answer: unknown): number | null {
  if (!Array.isArray(answer)) return null;
  const metric = (answer as readonly unknown[]).find((item): item is { readonly value: unknown } => typeof item === 'object' && item !== null && 'id' in item && item.id === 'numRestarts' && 'value' in item);
  const count = typeof metric?.value === 'string' && /^\d{1,15}$/.test(metric.value) ? Number(metric.value) : null;
  return count;
}
