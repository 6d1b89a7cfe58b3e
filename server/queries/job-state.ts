import type { Evidence, JobState } from '../catalog/changes.ts';
import type { EntityRecord } from '../store/store.ts';
import { factsOf } from './catalog-reader.ts';

/** A job in one of these states reads and writes nothing; every other job counts as deployed, one of unknown state too. */
const NOT_DEPLOYED: readonly (JobState | null)[] = ['STOPPED', 'FINISHED'];

/** Evidence that is looked at again and again: it knows what runs. */
const WATCHED: readonly Evidence[] = ['flink-rest', 'kafka-connect'];

/**
 * What a job does now. What a running platform answers decides, unless somebody said later that the job is being started;
 * of everything else the latest word counts. A run that began and has not ended runs.
 */
export function stateOfJob(record: EntityRecord | null): JobState | null {
  const all = factsOf(record, 'state').sort((a, b) => b.at.time - a.at.time);
  const isRunning = all.some(({ part }) => part !== '');
  // How one run ended says nothing while another runs.
  const said = all.filter(({ evidence, part }) => !(isRunning && evidence === 'openlineage' && part === ''));
  const watched = said.find(({ evidence }) => WATCHED.includes(evidence));
  const ended = (fact: { readonly body: { readonly state: JobState } }): boolean => NOT_DEPLOYED.includes(fact.body.state);
  if (watched === undefined) return said[0]?.body.state ?? null;
  const started = said.find((fact) => !WATCHED.includes(fact.evidence) && !ended(fact) && fact.at.time > watched.at.time);
  return (ended(watched) && started !== undefined ? started : watched).body.state;
}
export function isDeployed(record: EntityRecord | null): boolean {
  return !NOT_DEPLOYED.includes(stateOfJob(record));
}
