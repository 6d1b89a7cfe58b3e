import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { answerLine } from '../catalog/avro/compat-line.ts';
import type { CompatibilityVerdict } from '../catalog/avro/compatibility.ts';
import { checkCompatibility } from '../catalog/avro/compatibility.ts';
import { pathOfLocation } from '../catalog/avro/fields.ts';
import { checkLevel, type Direction, isAccepted } from '../catalog/avro/levels.ts';
import { parseSchema } from '../catalog/avro/parse.ts';
import type { AvroSchema } from '../catalog/avro/schema.ts';
import { COMPATIBILITY_LEVELS, type CompatibilityLevel } from '../catalog/changes.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { answerLines } from './answer-lines.ts';
import { lines, type Terminal } from './terminal.ts';

interface CompatOptions {
  readonly jsonl?: true;
  readonly json?: true;
  readonly level?: CompatibilityLevel;
  readonly readerRef: readonly string[];
  readonly writerRef: readonly string[];
}

/** `sluice compat`: can records written with one Avro schema be read with another? */
export function compatCommand(terminal: Terminal): Command {
  return new Command('compat')
    .description('Judge whether records written with one Avro schema can be read with another, as Avro Java would')
    .argument('[reader]', 'file of the schema that reads; with --level, the new one')
    .argument('[writer]', 'file of the schema that wrote; with --level, the one before it')
    .addOption(new Option('--level <level>', 'judge the new schema as a registry at this level would').choices(COMPATIBILITY_LEVELS))
    .option('--reader-ref <file>', 'a schema the reader refers to, in order; may be repeated', collect, [])
    .option('--writer-ref <file>', 'a schema the writer refers to, in order; may be repeated', collect, [])
    .option('--json', 'answer as one JSON object')
    .option('--jsonl', 'judge JSON lines {"id","reader","writer","readerRefs"?,"writerRefs"?} from standard input')
    .action(async (reader: string | undefined, writer: string | undefined, options: CompatOptions) => {
      if (options.jsonl === true) {
        if (reader !== undefined) throw new CommandFailure(EXIT.usage, '--jsonl reads standard input and takes no files');
        return answerLines(terminal, answerLine);
      }
      if (reader === undefined || writer === undefined) throw new CommandFailure(EXIT.usage, 'give two schema files, or --jsonl and lines on standard input');
      judgeFiles(readSchema(reader, options.readerRef), readSchema(writer, options.writerRef), options, terminal);
    });
}

interface Judged {
  readonly direction: Direction;
  readonly verdict: CompatibilityVerdict;
  readonly reads: AvroSchema;
}

function judgeFiles(reader: AvroSchema, writer: AvroSchema, { level, json }: CompatOptions, terminal: Terminal): void {
  const results = level === undefined
    ? [{ direction: 'backward' as const, verdict: checkCompatibility(reader, writer), version: 1 }]
    : checkLevel(level, reader, [{ version: 1, schema: writer }]);
  const judged = results.map(({ direction, verdict }): Judged => ({ direction, verdict, reads: direction === 'backward' ? reader : writer }));
  terminal.write(json === true ? document(level ?? null, judged) : lines(judged.flatMap(sentences), judged.length === 0 ? 'compatible: level NONE asks for nothing' : []));
  if (!isAccepted(results)) throw new CommandFailure(EXIT.checkFailed, '');
}

function document(level: CompatibilityLevel | null, judged: readonly Judged[]): string {
  const checks = judged.map(({ direction, verdict, reads }) => ({
    direction,
    outcome: verdict.outcome,
    ...(verdict.outcome === 'failed' ? { message: verdict.message } : {}),
    incompatibilities: verdict.outcome === 'incompatible' ? verdict.incompatibilities.map((i) => ({ ...i, field: pathOfLocation(reads, i.location) })) : [],
  }));
  return lines(JSON.stringify({ compatible: judged.every(({ verdict }) => verdict.outcome === 'compatible'), level, checks }));
}

function sentences({ direction, verdict, reads }: Judged): string[] {
  const what = direction === 'backward' ? 'the first schema reads what the second wrote' : 'the second schema reads what the first writes';
  switch (verdict.outcome) {
    case 'compatible':
      return [`compatible: ${what}`];
    case 'failed':
      return [`cannot be judged (${what}): ${verdict.message}`];
    case 'incompatible':
      return [
        `incompatible: it is not so that ${what}`,
        ...verdict.incompatibilities.map(({ type, location, message }) => `  ${pathOfLocation(reads, location) ?? '(the whole)'}  ${type}: ${message}  [${location}]`),
      ];
  }
}

function readSchema(file: string, references: readonly string[]): AvroSchema {
  const parsed = parseSchema(readText(file), { references: references.map(readText) });
  if (parsed.outcome === 'parsed') return parsed.schema;
  throw new CommandFailure(EXIT.usage, `${file} is not an Avro schema: ${parsed.message}${parsed.location ? ` (at ${parsed.location})` : ''}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function collect(file: string, files: readonly string[]): readonly string[] {
  return [...files, file];
}
