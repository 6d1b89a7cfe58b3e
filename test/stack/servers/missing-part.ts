import { missingForConnect } from './connect-worker.ts';
import { missingForFlink } from './flink-cluster.ts';
import { missingForKafka } from './kafka-broker.ts';
import { missingForNeo4j } from './neo4j-server.ts';
import { missingForRegistry } from './schema-registry.ts';

/**
 * What Kafka and the registry need and this machine lacks; null when both can be started. With
 * `REQUIRE_ALL=1` a missing part is an error: nothing may be skipped then.
 */
export function missingForStack(): string | null {
  return required(missingForKafka() ?? missingForRegistry());
}

/** The same for Neo4j. */
export function missingForGraph(): string | null {
  return required(missingForNeo4j());
}

/** The same for Kafka with a Connect worker. */
export function missingForConnectors(): string | null {
  return required(missingForKafka() ?? missingForConnect());
}

function required(missing: string | null): string | null {
  if (missing !== null && process.env['REQUIRE_ALL'] === '1') throw new Error(`REQUIRE_ALL=1, and this machine lacks ${missing}`);
  return missing;
}

/** The same for Flink, with Kafka and the registry. */
export function missingForStory(): string | null {
  return required(missingForKafka() ?? missingForRegistry() ?? missingForFlink());
}
