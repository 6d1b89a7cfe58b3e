import type { Environment } from '../outside/settings.ts';
import { parseSubjectNames, type SubjectNames } from './subject-names.ts';

/** What the subjects of a registry are in the catalog, whichever way they come. */
export interface SubjectSettings {
  /** Namespace of the subjects. */
  readonly namespace: string;
  /** Which topic a subject governs. */
  readonly names: SubjectNames;
}

/** Reads the environment; a mistake is added to `mistakes`, and then the result is null. */
export function subjectSettings(env: Environment, mistakes: string[]): SubjectSettings | null {
  const parsed = parseSubjectNames(env['SLUICE_REGISTRY_TOPICS'] || 'kafka://main', env['SLUICE_REGISTRY_SUBJECTS'] ?? '');
  if (parsed.outcome === 'parsed') return { namespace: env['SLUICE_REGISTRY_NAMESPACE'] || 'registry://main', names: parsed.names };
  mistakes.push(`SLUICE_REGISTRY_SUBJECTS: ${parsed.message}`);
  return null;
}
