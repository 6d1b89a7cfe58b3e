/** Vertices of one job; the largest jobs known have hundreds. */
export const MOST_VERTICES = 5_000;

/** Ids of the vertices that hold a source, from the details of a job; null where it has no vertices to look at, or one that is none. */
export function sourceVertices(details: unknown): readonly string[] | null {
  const vertices = typeof details === 'object' && details !== null && 'vertices' in details ? details.vertices : null;
  if (!Array.isArray(vertices) || vertices.length === 0 || vertices.length > MOST_VERTICES) return null;
  const sources: string[] = [];
  for (const vertex of vertices as readonly unknown[]) {
    const { id, name } = (typeof vertex === 'object' && vertex !== null ? vertex : {}) as Readonly<Record<string, unknown>>;
    if (typeof id !== 'string' || !/^[0-9a-f]{1,64}$/i.test(id) || typeof name !== 'string') return null;
    if (name.includes('Source: ')) sources.push(id);
  }
  return sources;
}

/** Whether Flink's own table runtime made the job, by the names of its vertices. */
export function isSqlJob(details: unknown): boolean {
  const vertices = typeof details === 'object' && details !== null && 'vertices' in details ? details.vertices : null;
  return Array.isArray(vertices) && (vertices as readonly unknown[]).some((vertex) => /\w\[\d+\]/.test(String((vertex as { readonly name?: unknown } | null)?.name ?? '')));
}

const TOPIC = /(?:^|\.)KafkaSourceReader\.topic\.(.+)\.partition\.\d+\.currentOffset$/;

/** A topic's name as Flink writes it in the name of a metric; Kafka itself refuses two topics that differ in that alone. */
export function nameInMetrics(topic: string): string {
  return topic.replaceAll('.', '_');
}

/**
 * The topics a source reads, by the names of its metrics: the one place where Flink's REST API tells them. Flink writes `_`
 * for each of ` .:,` there, so a name with `_` in it may stand for another; see `nameInMetrics`.
 */
export function topicsOfMetrics(answer: unknown): readonly string[] {
  if (!Array.isArray(answer)) return [];
  const names = (answer as readonly unknown[]).flatMap((metric) => {
    const id = typeof metric === 'object' && metric !== null && 'id' in metric ? metric.id : metric;
    return typeof id === 'string' ? (TOPIC.exec(id)?.[1] ?? []) : [];
  });
  return [...new Set(names)].sort();
}
