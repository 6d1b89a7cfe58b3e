import { finding, type Finding } from '../finding.ts';
import { signatureOf } from '../program-signature.ts';
import type { GateRequest } from '../request.ts';
import { type DeployedReader, type GateWorld, stateOf } from '../world.ts';

/** Check 6: an owner, one writer for each output, no cycle, no repeated work. */
export function checkPlatform(request: GateRequest, world: GateWorld): Finding[] {
  return [...ownerMissing(request), ...secondWriters(request, world), ...cycles(request, world), ...repeatedWork(request, world)];
}

function ownerMissing({ job }: GateRequest): Finding[] {
  return job.owner === null ? [finding('owner-missing', `job \`${job.name}\` names no owner`, {})] : [];
}

function secondWriters({ job, outputs }: GateRequest, world: GateWorld): Finding[] {
  return outputs.flatMap(({ dataset }) =>
    stateOf(world, dataset)
      .writers.filter(({ ref }) => ref.namespace !== job.namespace || ref.name !== job.name)
      .map(({ ref, owner }) =>
        finding('output-second-writer', `${ref.kind} \`${ref.name}\` of ${owner ?? 'nobody'} already writes \`${dataset.name}\``, {
          dataset,
          affected: [{ ref, owner, path: [ref, { kind: 'dataset', ...dataset }] }],
        }),
      ),
  );
}

function cycles({ inputs, outputs }: GateRequest, world: GateWorld): Finding[] {
  return outputs.flatMap(({ dataset }) =>
    inputs
      .filter((input) => world.flowsInto(dataset, input.dataset))
      .map((input) => finding('cycle', `what is written to \`${dataset.name}\` flows back into the input \`${input.dataset.name}\``, { dataset })),
  );
}

function repeatedWork(request: GateRequest, world: GateWorld): Finding[] {
  const mine = signatureOf(request);
  const [first] = request.inputs;
  if (mine === null || first === undefined) return [];
  const sameWork = (reader: DeployedReader): boolean =>
    reader.ref.kind === 'job' &&
    (reader.ref.namespace !== request.job.namespace || reader.ref.name !== request.job.name) &&
    world.programOf(reader.ref) === mine;
  return stateOf(world, first.dataset)
    .readers.filter(sameWork)
    .map(({ ref, owner }) =>
      finding('redundant-job', `job \`${ref.name}\` of ${owner ?? 'nobody'} already computes the same from the same inputs`, { affected: [{ ref, owner, path: [ref] }] }),
    );
}
