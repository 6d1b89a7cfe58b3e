import { hintedOptions } from './expression-grammar.ts';
import { parseDataType } from './parse-type.ts';
import { QueryGrammar } from './query-grammar.ts';
import { SqlFailure } from './sql-failure.ts';
import type {
  AlterTable, ColumnDefinition, CreateModel, CreateTable, Expression, Identifier, Insert, LikeRule, Options, PlacedElement, PrimaryKey, Query, Statement, TableElement, WatermarkDefinition,
} from './syntax-tree.ts';

const LIKE_FEATURES = new Set(['ALL', 'CONSTRAINTS', 'DISTRIBUTION', 'GENERATED', 'METADATA', 'OPTIONS', 'PARTITIONS', 'WATERMARKS']);
const CONSTRAINT_WORDS = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK']);
const DROPPABLE = new Set(['TABLE', 'VIEW', 'FUNCTION', 'CATALOG', 'DATABASE', 'MODEL', 'CONNECTION']);
/** First words of statements from which nothing of a job's lineage follows. */
const WITHOUT_EFFECT = new Set(['SET', 'RESET', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'ADD', 'REMOVE', 'LOAD', 'UNLOAD', 'ANALYZE', 'CALL', 'STOP', 'HELP', 'CLEAR', 'QUIT', 'EXIT', 'TRUNCATE']);
const UNKNOWN_EFFECTS: { readonly [word: string]: string } = {
  DELETE: 'DELETE statements are not followed', UPDATE: 'UPDATE statements are not followed', MERGE: 'MERGE statements are not followed',
};

/** Statements of a script: DDL, INSERT and what SQL clients add around them. */
export class StatementGrammar extends QueryGrammar {
  statements(): Statement[] {
    const { reader } = this;
    const statements: Statement[] = [];
    for (;;) {
      while (reader.accept(';'));
      if (reader.peek().kind === 'end') return statements;
      statements.push(this.statement());
      if (reader.peek().kind !== 'end' && !reader.is(';')) reader.fail('; or the end of the statement');
    }
  }

  statement(): Statement {
    const { reader } = this;
    const { kind, keyword, start: at } = reader.peek();
    if (kind === 'symbol' || this.startsQuery()) return this.#bareQuery();
    if (kind !== 'word') return reader.fail('a statement');
    if (WITHOUT_EFFECT.has(keyword)) return this.#withoutEffect();
    if (Object.hasOwn(UNKNOWN_EFFECTS, keyword)) {
      reader.skipStatement();
      return { node: 'unknown-effect', reason: UNKNOWN_EFFECTS[keyword] as string, at };
    }
    switch (keyword) {
      case 'CREATE': case 'REPLACE':
        return this.#create();
      case 'DROP':
        return this.#drop();
      case 'ALTER':
        return this.#alter();
      case 'USE':
        return this.#use();
      case 'INSERT':
        return this.#insert();
      case 'EXECUTE': case 'BEGIN': case 'COMPILE':
        return this.#execute();
      default:
        return reader.fail('a statement');
    }
  }

  #bareQuery(): Statement {
    return { node: 'show-query', query: this.query() };
  }

  #withoutEffect(): Statement {
    this.reader.skipStatement();
    return { node: 'no-effect' };
  }

  #execute(): Statement {
    const { reader } = this;
    const { at } = reader;
    const { keyword } = reader.take();
    if (keyword === 'COMPILE') return this.#compile();
    if (keyword === 'BEGIN') {
      reader.expect('STATEMENT', 'SET');
      return this.#statementSet();
    }
    if (reader.accept('STATEMENT', 'SET')) {
      reader.expect('BEGIN');
      return this.#statementSet();
    }
    if (reader.accept('PLAN')) {
      reader.skipStatement();
      return { node: 'unknown-effect', reason: 'EXECUTE PLAN runs a plan file that is not part of the script', at };
    }
    return reader.nested(() => this.statement());
  }

  /** `COMPILE [AND EXECUTE] PLAN 'file' [IF NOT EXISTS] FOR …`. */
  #compile(): Statement {
    const { reader } = this;
    reader.accept('AND', 'EXECUTE');
    reader.expect('PLAN');
    reader.string('the path of the plan');
    reader.accept('IF', 'NOT', 'EXISTS');
    reader.expect('FOR');
    if (!reader.accept('STATEMENT', 'SET')) return this.#insert();
    reader.expect('BEGIN');
    return this.#statementSet();
  }

  #statementSet(): Statement {
    const { reader } = this;
    while (reader.accept(';'));
    const statements: Statement[] = [];
    while (!reader.accept('END')) {
      if (!reader.is('INSERT') && !reader.is('CREATE') && !reader.is('REPLACE')) reader.fail('INSERT or END');
      statements.push(this.statement());
      if (!reader.accept(';')) reader.fail('; after each statement of the set');
      while (reader.accept(';'));
    }
    return { node: 'statement-set', statements };
  }

  #insert(): Insert {
    const { reader } = this;
    const { start: at } = reader.take();
    const overwrite = reader.accept('OVERWRITE');
    if (!overwrite) reader.expect('INTO');
    else reader.accept('INTO');
    reader.accept('TABLE');
    const table = reader.compoundName('the name of a table');
    const options = hintedOptions(reader);
    const partition = reader.accept('PARTITION') ? this.#partition() : [];
    const columns = reader.is('(') && !this.startsQuery() ? this.#names() : null;
    const query = this.query();
    if (reader.accept('ON', 'CONFLICT')) {
      for (const words of [['DO', 'ERROR'], ['DO', 'NOTHING'], ['DO', 'DEDUPLICATE']]) if (reader.accept(...words)) break;
    }
    return { node: 'insert', table, overwrite, partition, columns, options, query, at };
  }

  #partition(): Insert['partition'][number][] {
    const { reader } = this;
    return reader.parenthesized(() => reader.list(() => ({ column: reader.name('a column name'), value: reader.accept('=') ? this.expression() : null })));
  }

  #names(): Identifier[] {
    return this.reader.parenthesized(() => this.reader.list(() => this.reader.name('a column name')));
  }

  #use(): Statement {
    const { reader } = this;
    reader.expect('USE');
    if (reader.accept('MODULES')) return this.#withoutEffect();
    const what = reader.accept('CATALOG') ? 'catalog' : 'database';
    return { node: 'use', what, name: reader.compoundName(`the name of a ${what}`) };
  }

  #create(): Statement {
    const { reader } = this;
    const { at } = reader;
    const replace = reader.accept('REPLACE') || (reader.expect('CREATE'), reader.accept('OR', 'REPLACE') || (reader.accept('OR', 'ALTER') && true));
    const temporary = reader.accept('TEMPORARY');
    if (reader.accept('SYSTEM')) return this.#function();
    if (reader.is('TABLE')) return this.#createTable({ temporary, replace, at });
    if (reader.accept('MATERIALIZED')) return this.#createTable({ temporary, replace, at });
    if (reader.is('VIEW')) return this.#createView(temporary, at);
    if (reader.is('FUNCTION')) return this.#function();
    if (reader.accept('MODEL')) return this.#createModel();
    for (const what of ['catalog', 'database'] as const) {
      if (!reader.accept(what.toUpperCase())) continue;
      this.#ifNotExists();
      const name = reader.compoundName(`the name of a ${what}`);
      if (reader.accept('COMMENT')) reader.string('a comment');
      const options = reader.accept('WITH') ? this.#options() : {};
      reader.skipStatement();
      return { node: `create-${what}`, name, options };
    }
    if (reader.is('CONNECTION')) return this.#withoutEffect();
    return reader.fail('TABLE, VIEW, FUNCTION, CATALOG, DATABASE or MODEL');
  }

  #ifNotExists(): boolean {
    return this.reader.accept('IF', 'NOT', 'EXISTS');
  }

  #function(): Statement {
    const { reader } = this;
    reader.expect('FUNCTION');
    this.#ifNotExists();
    const name = reader.compoundName('the name of a function');
    reader.expect('AS');
    reader.skipStatement();
    return { node: 'create-function', name };
  }

  #createModel(): CreateModel {
    const { reader } = this;
    this.#ifNotExists();
    const name = reader.compoundName('the name of a model');
    let outputs: ColumnDefinition[] | null = null;
    while (!reader.is(';') && reader.peek().kind !== 'end') {
      if (reader.accept('INPUT')) reader.parenthesized(() => reader.list(() => this.#column()));
      else if (reader.accept('OUTPUT')) outputs = reader.parenthesized(() => reader.list(() => this.#column()));
      else if (reader.accept('COMMENT')) reader.string('a comment');
      else if (reader.accept('WITH')) this.#options();
      else reader.fail('INPUT, OUTPUT, COMMENT or WITH');
    }
    return { node: 'create-model', name, outputs };
  }

  #createView(temporary: boolean, at: number): Statement {
    const { reader } = this;
    reader.expect('VIEW');
    const ifNotExists = this.#ifNotExists();
    const name = reader.compoundName('the name of a view');
    const columns = reader.is('(') && !this.startsQuery() ? this.#names() : null;
    if (reader.accept('COMMENT')) reader.string('a comment');
    reader.expect('AS');
    return { node: 'create-view', name, temporary, ifNotExists, columns, query: this.query(), at };
  }

  #createTable({ temporary, replace, at }: { temporary: boolean; replace: boolean; at: number }): CreateTable {
    const { reader } = this;
    reader.expect('TABLE');
    const ifNotExists = this.#ifNotExists();
    const name = reader.compoundName('the name of a table');
    const { elements, order } = reader.is('(') ? this.#tableElements() : { elements: [], order: null };
    let options: Options = {};
    let partitionedBy: Identifier[] = [];
    let like: CreateTable['like'] = null;
    let as: Query | null = null;
    for (;;) {
      if (reader.accept('COMMENT')) reader.string('a comment');
      else if (reader.accept('DISTRIBUTED')) this.#distribution();
      else if (reader.accept('PARTITIONED', 'BY')) partitionedBy = reader.is('(', ')') ? [] : this.#names();
      else if (reader.accept('USING', 'CONNECTION')) reader.compoundName('the name of a connection');
      else if (reader.is('WITH', '(')) options = (reader.take(), this.#options());
      else if (reader.accept('LIKE')) like = this.#like();
      else if (reader.accept('FRESHNESS', '=')) this.expression();
      else if (reader.accept('REFRESH_MODE', '=')) reader.take();
      else if (reader.accept('START_MODE', '=')) this.expression();
      else if (reader.accept('AS')) as = this.query();
      else break;
    }
    return { node: 'create-table', name, temporary, ifNotExists, replace, elements, order, partitionedBy, options, like, as, at };
  }

  #distribution(): void {
    const { reader } = this;
    if (reader.accept('BY')) {
      if (!reader.is('(')) reader.name('HASH or RANGE');
      this.#names();
    }
    if (reader.accept('INTO')) {
      reader.take();
      reader.expect('BUCKETS');
    }
  }

  #options(): Options {
    const { reader } = this;
    const options = Object.create(null) as { [option: string]: string };
    reader.expect('(');
    if (reader.accept(')')) return options;
    reader.list(() => {
      const key = reader.string('a quoted option');
      reader.expect('=');
      options[key] = reader.string('a quoted value');
    });
    reader.expect(')');
    return options;
  }

  #like(): CreateTable['like'] {
    const { reader } = this;
    const table = reader.compoundName('the name of a table');
    const rules = reader.is('(') ? reader.parenthesized(() => this.#likeRules()) : [];
    return { table, rules };
  }

  #likeRules(): LikeRule[] {
    const { reader } = this;
    const rules: LikeRule[] = [];
    while (!reader.is(')')) {
      const strategy = (['INCLUDING', 'EXCLUDING', 'OVERWRITING'] as const).find((word) => reader.accept(word));
      if (strategy === undefined) return reader.fail('INCLUDING, EXCLUDING or OVERWRITING');
      if (!reader.isOneOf(LIKE_FEATURES)) reader.fail([...LIKE_FEATURES].join(', '));
      rules.push({ strategy, feature: reader.take().keyword });
    }
    return rules;
  }

  #tableElements(): { elements: TableElement[]; order: Identifier[] | null } {
    const { reader } = this;
    return reader.parenthesized(() => {
      if (reader.is(')')) return { elements: [], order: null };
      const namesOnly = reader.isName() && (reader.peek(1).text === ',' || reader.peek(1).text === ')') && reader.peek(1).kind === 'symbol';
      if (namesOnly) return { elements: [], order: reader.list(() => reader.name('a column name')) };
      return { elements: reader.list(() => this.#tableElement()), order: null };
    });
  }

  #tableElement(): TableElement {
    const { reader } = this;
    if (reader.is('WATERMARK', 'FOR')) return this.#watermark();
    if (reader.isOneOf(CONSTRAINT_WORDS) && !(reader.isName() && !reader.is('CONSTRAINT'))) return this.#constraint();
    return this.#column();
  }

  #watermark(): WatermarkDefinition {
    const { reader } = this;
    reader.expect('WATERMARK', 'FOR');
    const column = reader.compoundName('a column name');
    reader.expect('AS');
    return { node: 'watermark', column, expression: this.#rowExpression('a watermark') };
  }

  /** An expression over one row of the table it belongs to. */
  #rowExpression(what: string): Expression {
    const before = this.queriesRead;
    const expression = this.expression();
    if (this.queriesRead > before) throw new SqlFailure(`${what} cannot contain a query`, expression.at);
    return expression;
  }

  #constraint(): PrimaryKey {
    const { reader } = this;
    if (reader.accept('CONSTRAINT')) reader.name('the name of the constraint');
    const unique = reader.accept('UNIQUE');
    if (!unique) reader.expect('PRIMARY', 'KEY');
    const columns = this.#names();
    this.#enforcement();
    return { node: 'primary-key', columns: unique ? [] : columns };
  }

  #enforcement(): void {
    if (!this.reader.accept('NOT', 'ENFORCED')) this.reader.accept('ENFORCED');
  }

  #column(): ColumnDefinition {
    const { reader } = this;
    const name = reader.name('a column name');
    if (reader.accept('AS')) return this.#finished({ node: 'column-definition', name, type: null, expression: this.#rowExpression('a computed column'), metadata: null, primaryKey: false });
    const type = parseDataType(reader);
    if (reader.accept('METADATA')) {
      const key = reader.accept('FROM') ? reader.string('a quoted metadata key') : null;
      return this.#finished({ node: 'column-definition', name, type, expression: null, metadata: { key, virtual: reader.accept('VIRTUAL') }, primaryKey: false });
    }
    return this.#finished({ node: 'column-definition', name, type, expression: null, metadata: null, primaryKey: false });
  }

  /** `PRIMARY KEY NOT ENFORCED` and `COMMENT 'text'` behind a column, in either order. */
  #finished(column: ColumnDefinition): ColumnDefinition {
    const { reader } = this;
    let { primaryKey } = column;
    for (;;) {
      if (reader.accept('COMMENT')) reader.string('a comment');
      else if (reader.accept('CONSTRAINT')) reader.name('the name of the constraint');
      else if (reader.accept('PRIMARY', 'KEY')) {
        primaryKey = true;
        this.#enforcement();
      } else if (reader.accept('UNIQUE')) this.#enforcement();
      else return { ...column, primaryKey };
    }
  }

  #drop(): Statement {
    const { reader } = this;
    const { start: at } = reader.take();
    const temporary = reader.accept('TEMPORARY');
    reader.accept('SYSTEM');
    reader.accept('MATERIALIZED');
    if (!reader.isOneOf(DROPPABLE)) reader.fail([...DROPPABLE].join(', '));
    const what = reader.take().keyword;
    const ifExists = reader.accept('IF', 'EXISTS');
    const name = reader.compoundName('a name');
    if (!reader.accept('CASCADE')) reader.accept('RESTRICT');
    return { node: 'drop', what, temporary, ifExists, name, at };
  }

  #alter(): Statement {
    const { reader } = this;
    const { start: at } = reader.take();
    if (reader.accept('TABLE')) {
      const ifExists = reader.accept('IF', 'EXISTS');
      return { node: 'alter-table', name: reader.compoundName('the name of a table'), ifExists, action: this.#tableAlteration(), at };
    }
    if (reader.accept('VIEW')) {
      const name = reader.compoundName('the name of a view');
      if (reader.accept('RENAME', 'TO')) return { node: 'alter-view', name, action: { form: 'rename', to: reader.compoundName() }, at };
      reader.expect('AS');
      return { node: 'alter-view', name, action: { form: 'as', query: this.query() }, at };
    }
    return this.#withoutEffect();
  }

  #tableAlteration(): AlterTable['action'] {
    const { reader } = this;
    if (reader.accept('RENAME', 'TO')) return { form: 'rename', to: reader.compoundName('the new name') };
    if (reader.accept('RENAME')) {
      const column = reader.name('a column name');
      reader.expect('TO');
      return { form: 'rename-column', column, to: reader.name('the new name') };
    }
    if (reader.accept('SET')) return { form: 'set', options: this.#options() };
    if (reader.accept('RESET')) return { form: 'reset', keys: reader.parenthesized(() => reader.list(() => reader.string('a quoted option'))) };
    for (const form of ['add', 'modify'] as const) {
      if (reader.is(form.toUpperCase()) && !reader.is('ADD', 'PARTITION') && !reader.is('ADD', 'DISTRIBUTION') && !reader.is('MODIFY', 'DISTRIBUTION')) {
        reader.take();
        return { form, elements: reader.is('(') ? reader.parenthesized(() => reader.list(() => this.#placed())) : [this.#placed()] };
      }
    }
    if (reader.is('DROP') && (reader.isName(1) || reader.is('DROP', '('))) return this.#dropColumns();
    reader.skipStatement();
    return { form: 'other' };
  }

  #dropColumns(): AlterTable['action'] {
    const { reader } = this;
    reader.expect('DROP');
    if (reader.is('(')) return { form: 'drop-columns', columns: this.#names() };
    const first = reader.peek();
    if (first.keyword === 'PARTITION' || first.keyword === 'CONSTRAINT') {
      reader.skipStatement();
      return { form: 'other' };
    }
    return { form: 'drop-columns', columns: [reader.name('a column name')] };
  }

  #placed(): PlacedElement {
    const { reader } = this;
    const element = this.#tableElement();
    if (reader.accept('FIRST')) return { element, place: { form: 'first' } };
    if (reader.accept('AFTER')) return { element, place: { form: 'after', column: reader.name('a column name') } };
    return { element, place: null };
  }
}

