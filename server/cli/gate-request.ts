import { CommandFailure, EXIT } from './exit-codes.ts';
import { parseDataset } from './names.ts';
import { readInput } from './read-input.ts';
import type { Terminal } from './terminal.ts';

/** Who asks for a program in a file; a request as JSON says it itself. */
export interface ProgramOptions {
  readonly job?: string;
  readonly owner?: string;
  readonly digest?: string;
  readonly plan?: string;
  readonly namespace?: string;
}

/** The body for the gate: a whole request from a JSON file, or made of a Flink program and who runs it. */
export async function gateRequestFrom(file: string, options: ProgramOptions, terminal: Terminal): Promise<object> {
  const content = await readInput(file, terminal);
  if (file.endsWith('.sql')) {
    const plan = options.plan === undefined ? {} : { plan: parsed(options.plan, await readInput(options.plan, terminal)) };
    const namespace = options.namespace === undefined ? {} : { namespace: options.namespace };
    return requestOf({ kind: 'flink-sql', script: content, ...plan, ...namespace }, options, file);
  }
  const document = parsed(file, content);
  const isPlan = Array.isArray(document) || 'nodes' in document;
  return isPlan ? requestOf({ kind: 'compiled-plan', plan: document }, options, file) : document;
}

function requestOf(program: object, { job, owner, digest }: ProgramOptions, file: string): object {
  if (job === undefined) throw new CommandFailure(EXIT.usage, `${file} is a program: say with --job which job runs it, as in flink://main/large-payments`);
  return { job: { ...parseDataset(job), ...(owner === undefined ? {} : { owner }), ...(digest === undefined ? {} : { artifact: { digest } }) }, program };
}

function parsed(file: string, content: string): object {
  try {
    const document: unknown = JSON.parse(content);
    if (typeof document === 'object' && document !== null) return document;
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `${file} is not JSON: ${String((cause as Error).message)}`);
  }
  throw new CommandFailure(EXIT.usage, `${file} holds no JSON object`);
}
