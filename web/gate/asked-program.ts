import type { Schemas } from '../shared/api.ts';

/** A dataset that the job would read or write, and what was said of how. */
export interface AskedUse {
  readonly way: 'reads' | 'writes';
  readonly dataset: Schemas['DatasetName'];
  readonly said: string;
}
/** The program a decision was made on. */
export interface AskedProgram {
  readonly title: string;
  /** As declared; of a script or a plan they are in its text. */
  readonly uses: readonly AskedUse[];
  /** The script or plan; null where none was sent. */
  readonly text: string | null;
}

type As<Kind extends string, Schema> = Omit<Schema, 'kind'> & { readonly kind: Kind };
type Program = As<'declared', Schemas['DeclaredProgram']> | As<'flink-sql', Schemas['FlinkSqlProgram']> | As<'compiled-plan', Schemas['CompiledPlanProgram']>;

/** What was asked, of a request as it was recorded. */
export function askedProgram(request: Schemas['DecisionRecord']['request']): AskedProgram {
  const { program } = request as unknown as { readonly program: Program };
  switch (program.kind) {
    case 'declared':
      return { title: 'declared inputs and outputs', uses: [...program.inputs.map(readOf), ...program.outputs.map(writeOf)], text: null };
    case 'flink-sql':
      return { title: 'a Flink SQL script', uses: [], text: program.script };
    case 'compiled-plan':
      return { title: 'a compiled plan of Flink', uses: [], text: JSON.stringify(program.plan, null, 2) };
  }
}

type Declared = Schemas['DeclaredProgram'];
function readOf({ dataset, readerSchema, fields }: Declared['inputs'][number]): AskedUse {
  const said = [readerSchema === undefined ? '' : 'by a reader schema', fields === undefined ? '' : counted(fields.length, 'field')].filter((part) => part !== '');
  return { way: 'reads', dataset, said: said.length === 0 ? 'nobody said which fields' : said.join(', ') };
}
function writeOf({ dataset, writerSchema, mapping }: Declared['outputs'][number]): AskedUse {
  const said = [writerSchema === undefined ? 'by a schema nobody said' : 'by a writer schema', mapping === undefined ? 'of unknown origin' : `${counted(mapping.length, 'field')} with their origins`];
  return { way: 'writes', dataset, said: said.join(', ') };
}
function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
