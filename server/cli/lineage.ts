import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { lineageDocument, lineageLine } from '../catalog/flink/lineage-line.ts';
import type { FieldOrigin, FieldRead, LineageResult, ProgramLineage } from '../catalog/flink/lineage.ts';
import { lineageOfPlan } from '../catalog/flink/plan/plan-lineage.ts';
import { lineageOfScript } from '../catalog/flink/sql/script-lineage.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { answerLines } from './answer-lines.ts';
import { lines, type Terminal } from './terminal.ts';
import { catalogLineage, type CatalogLineageOptions } from './questions.ts';
import { defaultUrl } from './api-client.ts';

interface LineageOptions extends CatalogLineageOptions {
  readonly jsonl?: true;
}

/** `sluice lineage`: of a field or dataset in the catalog, or of a Flink program in a file. */
export function lineageCommand(terminal: Terminal): Command {
  return new Command('lineage')
    .description('everything up- or downstream of a field or dataset; or what a Flink job reads and derives, from its SQL or compiled plan')
    .argument('[subject]', 'a dataset as in kafka://main/orders, or a file: job.sql, plan.json')
    .argument('[field]', 'path of a field; the whole dataset when left out')
    .option('--upstream', 'where it comes from, instead of what it reaches')
    .option('--depth <hops>', 'longest distance')
    .option('--as-of <instant>', 'as it was true then, ISO 8601')
    .option('--jsonl', 'answer JSON lines {"id","script"} or {"id","plan"} from standard input')
    .option('--json', 'print the answer as JSON')
    .option('--limit <n>', 'entries to show', '50')
    .option('--url <url>', 'where Sluice answers', defaultUrl(terminal))
    .action(async (subject: string | undefined, field: string | undefined, options: LineageOptions) => {
      if (options.jsonl === true) {
        if (subject !== undefined) throw new CommandFailure(EXIT.usage, '--jsonl reads standard input and takes no file');
        return answerLines(terminal, lineageLine);
      }
      if (subject === undefined) throw new CommandFailure(EXIT.usage, 'give a dataset, a file of SQL or a plan, or --jsonl and lines on standard input');
      if (/\.(sql|json)$/.test(subject) && !subject.includes('://')) return ofFile(subject, options, terminal);
      await catalogLineage({ subject, field, options }, terminal);
    });
}

function ofFile(file: string, { json }: LineageOptions, terminal: Terminal): void {
  const result = lineageOfFile(file);
  if (result.outcome === 'invalid') {
    const { message, line, column } = result.fault;
    throw new CommandFailure(EXIT.checkFailed, `${file}${line === undefined ? '' : `:${line}:${column ?? 1}`}: ${message}`);
  }
  terminal.write(json === true ? lines(JSON.stringify(lineageDocument(result.lineage))) : lines(sentences(result.lineage)));
}

function lineageOfFile(file: string): LineageResult {
  const text = readText(file);
  if (file.endsWith('.sql')) return lineageOfScript(text);
  try {
    return lineageOfPlan(JSON.parse(text));
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `${file} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function sentences({ completeness, sinks, unknown }: ProgramLineage): string[] {
  const width = Math.max(0, ...sinks.flatMap(({ columns }) => columns.map(({ name }) => name.length)));
  return [
    ...sinks.flatMap(({ table, columns, reads }) => [
      table,
      ...columns.map(({ name, origins }) => `  ${name.padEnd(width)}  ${origins === null ? 'unknown' : origins.length === 0 ? '(no field)' : `← ${origins.map(originText).join(', ')}`}`),
      ...(reads.length === 0 ? [] : ['  rows are decided by', ...reads.map((read) => `    ${read.why.padEnd(9)}  ${fieldText(read)}${read.at === undefined ? '' : `   line ${read.at.line}, column ${read.at.column}`}`)]),
    ]),
    ...unknown.map(({ reason, line, column }) => `unknown: ${reason}${line === undefined ? '' : ` (line ${line}, column ${column})`}`),
    completeness === 'complete' ? 'complete' : 'partial: there may be more than this',
  ];
}

function originText(origin: FieldOrigin): string {
  return origin.kind === 'IDENTITY' ? fieldText(origin) : `${fieldText(origin)} (computed)`;
}

function fieldText({ table, column, path }: FieldOrigin | FieldRead): string {
  const inside = path.map((step) => (step === '[]' ? '[]' : step.startsWith('{') ? step : `.${step}`)).join('');
  return `${table.split('.').at(-1)}.${column}${inside}`;
}
