import { Command, Option } from 'commander';
import type { components } from '../http/openapi-types.ts';
import { clientAt, defaultUrl } from './api-client.ts';
import { nameOf, parseDataset } from './names.ts';
import { lines, type Terminal } from './terminal.ts';

type Reached = components['schemas']['Reached'];
interface Common {
  readonly url: string;
  readonly json?: boolean;
  readonly limit: string;
}

/** `sluice search`, `sluice impact`: the questions of the API, for people and scripts. */
export function questionCommands(terminal: Terminal): Command[] {
  return [searchCommand(terminal), impactCommand(terminal)].map((command) =>
    command
      .option('--json', 'print the answer as JSON')
      .option('--limit <n>', 'entries to show', '50')
      .option('--url <url>', 'where Sluice answers', defaultUrl(terminal)),
  );
}

function searchCommand(terminal: Terminal): Command {
  return new Command('search')
    .description('find datasets, fields, jobs, consumers, owners and tags')
    .argument('[words...]', 'what to look for')
    .option('--kind <kind...>', 'dataset, field, job, consumer, processor, pipeline, subject, team')
    .option('--owner <team...>', 'owned by')
    .option('--tag <tag...>', 'tagged')
    .action(async (words: string[], options: Common & { kind?: string[]; owner?: string[]; tag?: string[] }) => {
      const query = { q: words.join(' '), kind: options.kind as never, owner: options.owner as never, tag: options.tag as never, limit: Number(options.limit) };
      const answer = await clientAt(options.url, terminal).get('/v1/search', query);
      if (options.json) return terminal.write(lines(JSON.stringify(answer)));
      const hits = answer.hits.map((hit) => `  ${nameOf(hit)}${hit.owner === null ? '' : `   owner ${hit.owner}`}${hit.doc === null ? '' : `   ${hit.doc}`}`);
      terminal.write(lines(`${answer.total} found, true at revision ${answer.revision}`, hits, more(hits.length, answer.total)));
    });
}

export interface CatalogLineageOptions extends Common {
  readonly upstream?: boolean;
  readonly depth?: string;
  readonly asOf?: string;
}

/** `sluice lineage <dataset> [field]`: what the catalog knows. */
export async function catalogLineage(asked: { readonly subject: string; readonly field: string | undefined; readonly options: CatalogLineageOptions }, terminal: Terminal): Promise<void> {
  const { subject, field, options } = asked;
  const answer = await clientAt(options.url, terminal).get('/v1/lineage', {
    ...parseDataset(subject),
    ...(field === undefined ? { kind: 'dataset' } : { kind: 'field', path: field }),
    direction: options.upstream ? 'upstream' : 'downstream',
    ...(options.depth === undefined ? {} : { depth: Number(options.depth) }),
    ...(options.asOf === undefined ? {} : { asOf: options.asOf }),
    paths: true,
    limit: Number(options.limit),
  } as never);
  if (options.json) return terminal.write(lines(JSON.stringify(answer)));
  const head = `${nameOf(answer.from)}: ${answer.total} ${answer.direction}, evidence ${answer.completeness}, true at revision ${answer.revision}`;
  terminal.write(lines(head, answer.entries.map(renderReached), more(answer.entries.length, answer.total)));
}

function impactCommand(terminal: Terminal): Command {
  return new Command('impact')
    .description('what removing, retyping or renaming a field would reach')
    .argument('<dataset>', 'as in kafka://main/orders')
    .argument('<field>', 'path of the field')
    .addOption(new Option('--retype <type>', 'a new Avro type as JSON, instead of removing the field').conflicts('rename'))
    .option('--rename <name>', 'a new name, instead of removing the field')
    .action(async (dataset: string, path: string, options: Common & { retype?: string; rename?: string }) => {
      const change = changeFrom(options);
      const answer = await clientAt(options.url, terminal).post('/v1/impact', { dataset: parseDataset(dataset), path, change }, { limit: Number(options.limit) });
      if (options.json) return terminal.write(lines(JSON.stringify(answer)));
      const rows = answer.affected.map((entry) => `  ${entry.effect.padEnd(10)}${renderReached(entry).trimStart()}`);
      terminal.write(lines(answer.sentence, rows, more(rows.length, answer.total), `true at revision ${answer.revision}`));
    });
}

function changeFrom({ retype, rename }: { readonly retype?: string; readonly rename?: string }): object {
  if (rename !== undefined) return { kind: 'rename', name: rename };
  return retype === undefined ? { kind: 'remove' } : { kind: 'retype', type: retype };
}

function renderReached(entry: Reached): string {
  const steps = entry.steps?.slice(1, -1).map(nameOf) ?? [];
  const via = steps.length === 0 ? '' : `   via ${steps.join(' → ')}`;
  return `  ${entry.certainty === 'possible' ? '? ' : ''}${nameOf(entry)}${entry.owner == null ? '' : `   owner ${entry.owner}`}${via}`;
}

function more(shown: number, total: number): string[] {
  return shown < total ? [`  … and ${total - shown} more (--limit, --json)`] : [];
}
