import { Command } from 'commander';
import { parseAllDocuments } from 'yaml';
import { artifactDigest } from '../actions/flink-admission.ts';
import type { JsonValue } from '../catalog/avro/parse.ts';
import { type FlinkResource, flinkResourceOf } from '../catalog/admission/flink-resource.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { readInput } from './read-input.ts';
import { lines, type Terminal } from './terminal.ts';

/** `sluice admission digest`: what to give the gate as the digest of a Flink resource. */
export function admissionCommand(terminal: Terminal): Command {
  const admission = new Command('admission').description('resources of Flink’s Kubernetes operator');
  admission
    .command('digest')
    .description('print the digest of what each resource in a manifest runs')
    .argument('<manifest>', 'YAML or JSON file with FlinkDeployments or FlinkSessionJobs, or - for standard input')
    .option('--json', 'print a JSON line for each resource')
    .action(async (file: string, { json }: { json?: boolean }) => {
      for (const resource of resourcesIn(file, await readInput(file, terminal))) terminal.write(lines(json ? JSON.stringify(described(resource)) : artifactDigest(resource)));
    });
  return admission;
}

function described(resource: FlinkResource): object {
  return { kind: resource.kind, name: resource.name, digest: artifactDigest(resource) };
}

/** Other resources of the manifest are passed over; one without any of Flink's is a mistake. */
function resourcesIn(file: string, content: string): FlinkResource[] {
  const documents = parseAllDocuments(content);
  const broken = (Array.isArray(documents) ? documents : []).flatMap(({ errors }) => errors)[0];
  if (broken !== undefined) throw new CommandFailure(EXIT.usage, `${file} is not YAML: ${broken.message}`);
  const resources = [...documents].map((document) => flinkResourceOf(document.toJS() as JsonValue));
  const found = resources.flatMap((outcome) => (outcome.outcome === 'resource' ? [outcome.resource] : []));
  if (found.length === 0) throw new CommandFailure(EXIT.usage, `${file}: ${resources.map((outcome) => (outcome.outcome === 'refused' ? outcome.reason : '')).at(0) ?? 'it holds no resource'}`);
  return found;
}
