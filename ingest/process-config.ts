import type { Environment } from '../server/outside/settings.ts';
import { portSetting, type ProcessConfig, processConfig } from '../server/process-config.ts';
import { type DoorsConfig, doorsConfig } from './doors.ts';

/** What a process that does nothing but ingest is told. */
export interface IngestProcessConfig extends ProcessConfig {
  readonly port: number;
  readonly doors: DoorsConfig;
}
export type IngestProcessOutcome = { readonly outcome: 'configured'; readonly config: IngestProcessConfig } | { readonly outcome: 'refused'; readonly mistakes: readonly string[] };

export const DEFAULT_INGEST_PORT = 7421;

/** Reads the environment; every mistake in it is reported, not just the first. */
export function ingestProcessConfig(env: Environment): IngestProcessOutcome {
  const mistakes: string[] = [];
  const port = portSetting('SLUICE_INGEST_PORT', DEFAULT_INGEST_PORT, env, mistakes);
  const shared = processConfig(env, mistakes);
  const doors = doorsConfig(env, mistakes);
  const isNothing = doors.kafka === null && doors.flink === null && doors.connect.length === 0;
  if (mistakes.length === 0 && isNothing) mistakes.push('there is nothing to ingest: set SLUICE_KAFKA_BROKERS, SLUICE_FLINK_CLUSTERS or SLUICE_CONNECT_CLUSTERS');
  if (mistakes.length > 0 || shared === null) return { outcome: 'refused', mistakes };
  return { outcome: 'configured', config: { ...shared, port, doors } };
}
