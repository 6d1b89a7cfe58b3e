import { checkLevel } from '../../avro/levels.ts';
import { sameSchema } from '../../avro/same-schema.ts';
import type { AvroSchema } from '../../avro/schema.ts';
import { pathOfLocation } from '../../avro/fields.ts';
import { fieldName, finding, type Finding } from '../finding.ts';
import type { GateRequest } from '../request.ts';
import { type DatasetState, type GateWorld, type SchemaVersion, stateOf } from '../world.ts';

/** Check 4: would the registry take the schema at the subject's own level? A schema it already has is not asked again. */
export function checkSubjectLevels(request: GateRequest, world: GateWorld): Finding[] {
  return request.outputs.flatMap(({ dataset, writerSchema }) => (writerSchema === null ? [] : judge(writerSchema, stateOf(world, dataset))));
}

function judge(candidate: AvroSchema, state: DatasetState): Finding[] {
  // Soft-deleted versions are no part of the registry's own check.
  const live = state.versions.filter(({ deleted }) => !deleted);
  const readable = live.flatMap((version) => (version.schema.readable ? [{ version: version.version, schema: version.schema.schema }] : []));
  if (state.level === null || readable.some(({ schema }) => sameSchema(schema, candidate))) return [];
  return [...live.flatMap((version) => unreadable(version, state)), ...levelFindings(state, candidate, readable)];
}

function levelFindings(state: DatasetState, candidate: AvroSchema, versions: readonly { version: number; schema: AvroSchema }[]): Finding[] {
  const level = state.level ?? 'NONE';
  return checkLevel(level, candidate, versions).flatMap(({ version, direction, verdict }) => {
    if (verdict.outcome === 'compatible') return [];
    const old = versions.find((v) => v.version === version)?.schema ?? candidate;
    const [reader, reads] = direction === 'backward' ? [candidate, `the new schema cannot read version ${version}`] : [old, `version ${version} cannot read the new schema`];
    const about = { dataset: state.ref, version };
    if (verdict.outcome === 'failed') return [finding('subject-compatibility', `${level}: ${reads}: ${verdict.message}`, about)];
    return verdict.incompatibilities.map(({ type, message, location }) => {
      const field = pathOfLocation(reader, location);
      return finding('subject-compatibility', `${level}: ${reads}: ${type} at ${fieldName(state.ref, field)}: ${message}`, { ...about, field, location: `${direction}:${location}` });
    });
  });
}

function unreadable({ version, schema }: SchemaVersion, state: DatasetState): Finding[] {
  if (schema.readable) return [];
  return [finding('version-unreadable', `version ${version} of \`${state.ref.name}\` cannot be judged: ${schema.reason}`, { dataset: state.ref, version })];
}
