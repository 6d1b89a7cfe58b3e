import { ExpressionGrammar, hintedOptions } from './expression-grammar.ts';
import { SqlFailure } from './sql-failure.ts';
import type {
  Alias, Call, CommonTable, Expression, FormPart, From, GroupItem, Identifier, Join, MatchRecognize, Query, QueryBody, Select, SelectItem, SetOperation, TableReference, TableSource,
} from './syntax-tree.ts';

const QUERY_WORDS = new Set(['SELECT', 'WITH', 'VALUES']);
/** What may follow the parentheses around the first term of a query. */
const SET_WORDS = new Set(['UNION', 'EXCEPT', 'MINUS', 'INTERSECT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH']);
const SET_OPERATORS = new Set(['UNION', 'EXCEPT', 'MINUS']);

/** Queries: everything that yields rows. */
export abstract class QueryGrammar extends ExpressionGrammar {
  protected queriesRead = 0;

  /**
   * Does a query begin here, perhaps inside more parentheses? `((SELECT 1) UNION SELECT 2)` is one,
   * `((SELECT 1) + 2)` and `((SELECT 1) AS a JOIN b)` only begin with one.
   */
  startsQuery(ahead = 0): boolean {
    const { reader } = this;
    let i = ahead;
    while (reader.isOpening(i)) i++;
    const { kind, keyword } = reader.peek(i);
    if (kind !== 'word') return false;
    const isQuery = QUERY_WORDS.has(keyword) || (keyword === 'TABLE' && reader.isName(i + 1) && !this.#callFollows(i + 1));
    return isQuery && this.#isWhole(i - 1, Math.max(1, ahead));
  }

  /** Is the query in these nested parentheses all there is in each of them, or the first term of a longer one? */
  #isWhole(innermost: number, outermost: number): boolean {
    for (let i = innermost; i >= outermost; i--) {
      const { kind, text, keyword } = this.reader.behindClosing(i);
      const goesOn = kind === 'word' && SET_WORDS.has(keyword);
      if (!goesOn && kind !== 'end' && !(kind === 'symbol' && text === ')')) return false;
    }
    return true;
  }

  #callFollows(from: number): boolean {
    let i = from + 1;
    while (this.reader.peek(i).text === '.' && this.reader.isName(i + 1)) i += 2;
    return this.reader.peek(i).text === '(' && this.reader.peek(i).kind === 'symbol';
  }

  query(): Query {
    const { reader } = this;
    this.queriesRead++;
    return reader.nested(() => {
      const { at } = reader;
      const commonTables = reader.is('WITH') ? this.#commonTables() : [];
      const body = this.#setOperation();
      const orderBy = reader.is('ORDER', 'BY') ? this.orderBy() : [];
      return { node: 'query', with: commonTables, body, orderBy, limit: this.#limit(), at };
    });
  }

  #commonTables(): CommonTable[] {
    const { reader } = this;
    reader.expect('WITH');
    if (reader.is('RECURSIVE')) throw new SqlFailure('Flink SQL has no recursive queries', reader.at);
    return reader.list(() => {
      const name = reader.name('the name of a common table');
      const columns = reader.is('(') ? this.#names() : null;
      reader.expect('AS');
      return { name, columns, query: reader.parenthesized(() => this.query()) };
    });
  }

  #names(): Identifier[] {
    return this.reader.parenthesized(() => this.reader.list(() => this.reader.name('a column name')));
  }

  #limit(): FormPart[] {
    const { reader } = this;
    const parts: FormPart[] = [];
    for (;;) {
      if (reader.accept('LIMIT')) {
        parts.push('LIMIT', ...(reader.accept('ALL') ? ['ALL'] : [this.expression()]));
        if (reader.accept(',')) parts.push(',', this.expression());
      } else if (reader.accept('OFFSET')) {
        parts.push('OFFSET', this.expression());
        const unit = ['ROWS', 'ROW'].find((word) => reader.accept(word));
        if (unit !== undefined) parts.push(unit);
      } else if (reader.accept('FETCH')) {
        const which = reader.accept('FIRST') ? 'FIRST' : (reader.expect('NEXT'), 'NEXT');
        parts.push('FETCH', which, ...(reader.is('ROW') || reader.is('ROWS') ? [] : [this.expression()]));
        if (!reader.accept('ROWS')) reader.expect('ROW');
        reader.expect('ONLY');
        parts.push('ROWS', 'ONLY');
      } else return parts;
    }
  }

  #setOperation(): QueryBody {
    return this.#setLevel(() => this.#setLevel(() => this.#term(), new Set(['INTERSECT'])), SET_OPERATORS);
  }

  #setLevel(operand: () => QueryBody, operators: ReadonlySet<string>): QueryBody {
    const { reader } = this;
    const { at } = reader;
    const first = operand();
    const rest: SetOperation['rest'][number][] = [];
    while (reader.isOneOf(operators)) {
      const word = reader.take().keyword;
      const all = reader.accept('ALL') || (reader.accept('DISTINCT') && false);
      rest.push({ operator: (word === 'MINUS' ? 'EXCEPT' : word) as 'UNION' | 'INTERSECT' | 'EXCEPT', all, term: operand() });
    }
    return rest.length === 0 ? first : { node: 'set', first, rest, at };
  }

  #term(): QueryBody {
    const { reader } = this;
    const { at } = reader;
    if (reader.is('SELECT')) return this.#select();
    if (reader.is('(')) return reader.parenthesized(() => this.query());
    if (reader.accept('VALUES')) return { node: 'values', rows: reader.list(() => this.expression()), at };
    if (reader.accept('TABLE')) return { node: 'table-query', name: reader.compoundName('the name of a table'), at };
    if (reader.is('WITH')) return this.query();
    return reader.fail('a query: SELECT, VALUES, WITH or TABLE');
  }

  #select(): Select {
    const { reader } = this;
    const { start: at } = reader.take();
    if (reader.is('STREAM')) reader.take();
    const distinct = reader.accept('DISTINCT') || (reader.accept('ALL') && false);
    const items = reader.list(() => this.#selectItem());
    const from = reader.accept('FROM') ? this.#from() : null;
    const where = reader.accept('WHERE') ? this.expression() : null;
    const groupBy = reader.accept('GROUP', 'BY') ? this.#groupBy() : null;
    const having = reader.accept('HAVING') ? this.expression() : null;
    const windows = reader.accept('WINDOW') ? reader.list(() => this.#namedWindow()) : [];
    const qualify = reader.accept('QUALIFY') ? this.expression() : null;
    return { node: 'select', distinct, items, from, where, groupBy, having, windows, qualify, at };
  }

  #selectItem(): SelectItem {
    const { reader } = this;
    if (reader.is('*')) return { expression: { node: 'star', qualifier: [], at: reader.take().start }, alias: null };
    const expression = this.expression();
    if (reader.accept('AS')) return { expression, alias: this.#aliasName() };
    return { expression, alias: reader.isName() ? reader.name() : null };
  }

  #aliasName(): Identifier {
    return this.reader.name('a name for the column');
  }

  #namedWindow(): Select['windows'][number] {
    const name = this.reader.name('the name of a window');
    this.reader.expect('AS');
    return { name, spec: this.windowSpec() };
  }

  #groupBy(): GroupItem[] {
    const { reader } = this;
    if (!reader.accept('DISTINCT')) reader.accept('ALL');
    return reader.list(() => this.#groupItem());
  }

  #groupItem(): GroupItem {
    const { reader } = this;
    return reader.nested((): GroupItem => {
      for (const form of ['ROLLUP', 'CUBE'] as const) {
        if (reader.accept(form)) return { form, items: reader.parenthesized(() => reader.list(() => this.#groupItem())) };
      }
      if (reader.accept('GROUPING', 'SETS')) return { form: 'GROUPING SETS', items: reader.parenthesized(() => reader.list(() => this.#groupItem())) };
      if (reader.accept('(', ')')) return { form: 'set', items: [] };
      const expression = this.expression();
      return expression.node === 'row' && this.reader.script[expression.at] === '(' ? { form: 'set', items: expression.items } : { form: 'expression', expression };
    });
  }

  #from(): From {
    const { reader } = this;
    const { at } = reader;
    const first = this.#tableReference();
    const joins: Join[] = [];
    for (;;) {
      const join = this.#join();
      if (join === null) return { node: 'from', first, joins, at };
      joins.push(join);
    }
  }

  #join(): Join | null {
    const { reader } = this;
    const { at } = reader;
    if (reader.accept(',')) return { type: ',', natural: false, right: this.#tableReference(), on: null, using: null, at };
    if (reader.accept('CROSS', 'JOIN')) return { type: 'CROSS', natural: false, right: this.#tableReference(), on: null, using: null, at };
    const natural = reader.accept('NATURAL');
    const type = this.#joinType();
    if (type === null) return natural ? reader.fail('JOIN') : null;
    const right = this.#tableReference();
    const on = reader.accept('ON') ? this.expression() : null;
    const using = on === null && reader.accept('USING') ? this.#names() : null;
    return { type, natural, right, on, using, at };
  }

  #joinType(): Join['type'] | null {
    const { reader } = this;
    for (const type of ['LEFT', 'RIGHT', 'FULL'] as const) {
      if (!reader.accept(type)) continue;
      reader.accept('OUTER');
      reader.expect('JOIN');
      return type;
    }
    if (reader.accept('INNER')) reader.expect('JOIN');
    else if (!reader.accept('JOIN')) return null;
    return 'INNER';
  }

  #tableReference(): TableReference {
    const { reader } = this;
    return reader.nested(() => {
      const { at } = reader;
      const source = this.#tableSource();
      const period = reader.accept('FOR', 'SYSTEM_TIME', 'AS', 'OF') ? this.expression() : null;
      const before = this.#alias();
      if (!reader.is('MATCH_RECOGNIZE')) {
        if (reader.is('TABLESAMPLE')) this.#sample();
        return { source, period, match: null, alias: before ?? this.#alias(), at };
      }
      const match = this.#matchRecognize(before);
      return { source, period, match, alias: this.#alias(), at };
    });
  }

  #alias(): Alias | null {
    const { reader } = this;
    if (!reader.accept('AS') && !reader.isName()) return null;
    const name = reader.name('a name for the table');
    const columns = reader.is('(') ? this.#names() : null;
    return { name, columns };
  }

  #sample(): void {
    const { reader } = this;
    reader.expect('TABLESAMPLE');
    if (!reader.accept('BERNOULLI')) reader.expect('SYSTEM');
    reader.parenthesized(() => this.expression());
    if (reader.accept('REPEATABLE')) reader.parenthesized(() => this.expression());
  }

  #tableSource(): TableSource {
    const { reader } = this;
    const lateral = reader.accept('LATERAL');
    if (reader.is('(')) return this.#inParenthesesSource(lateral);
    if (reader.accept('UNNEST')) return this.#unnest();
    if (reader.is('TABLE', '(')) {
      reader.take();
      return reader.parenthesized(() => ({ node: 'table-function', call: this.#functionCall() }));
    }
    if (reader.is('VALUES')) return { node: 'query-source', query: this.query(), lateral: false };
    if (reader.accept('TABLE')) {
      return { node: 'named-table', name: reader.compoundName('the name of a table'), options: hintedOptions(reader) };
    }
    if (!reader.isName() && reader.peek(1).text === '(' && reader.peek().kind === 'word') return { node: 'table-function', call: this.#functionCall() };
    const name = reader.compoundName('a table');
    if (reader.is('(')) return { node: 'table-function', call: this.call(name) };
    if (lateral) reader.fail('( : LATERAL goes before a query or TABLE(function(…))');
    return { node: 'named-table', name, options: hintedOptions(reader) };
  }

  #functionCall(): Call {
    const { reader } = this;
    if (reader.peek().kind === 'word' && !reader.isName() && reader.peek(1).text === '(') {
      const { text, start } = reader.take();
      return this.call([{ name: text, at: start }]);
    }
    return this.call(reader.compoundName('a function'));
  }

  #inParenthesesSource(lateral: boolean): TableSource {
    const { reader } = this;
    if (this.startsQuery(1)) {
      return { node: 'query-source', query: reader.parenthesized(() => this.query()), lateral };
    }
    return reader.parenthesized(() => this.#from());
  }

  #unnest(): TableSource {
    const { reader } = this;
    const operands = reader.parenthesized(() => reader.list(() => this.expression()));
    return { node: 'unnest', operands, ordinality: reader.accept('WITH', 'ORDINALITY') };
  }

  #matchRecognize(inputAlias: Alias | null): MatchRecognize {
    const { reader } = this;
    const { start: at } = reader.take();
    return reader.parenthesized(() => {
      const partitionBy = reader.accept('PARTITION', 'BY') ? reader.list(() => this.expression()) : [];
      const orderBy = reader.is('ORDER', 'BY') ? this.orderBy() : [];
      const measures = reader.accept('MEASURES') ? reader.list(() => this.#measure()) : [];
      const from = reader.at;
      const allRows = this.#rowsPerMatch();
      const { variables, upTo } = this.#pattern();
      const pattern = reader.script.slice(from, upTo).trim();
      const subsets = reader.accept('SUBSET') ? reader.list(() => this.#subset()) : [];
      const define = reader.accept('DEFINE') ? reader.list(() => this.#definition()) : [];
      return { inputAlias, partitionBy, orderBy, measures, allRows, pattern, variables, subsets, define, at };
    });
  }

  #measure(): MatchRecognize['measures'][number] {
    const expression = this.expression();
    this.reader.expect('AS');
    return { expression, name: this.reader.name('a name for the measure') };
  }

  #rowsPerMatch(): boolean {
    const { reader } = this;
    if (reader.accept('ONE', 'ROW', 'PER', 'MATCH')) return false;
    if (!reader.accept('ALL', 'ROWS', 'PER', 'MATCH')) return false;
    for (const words of [['SHOW', 'EMPTY', 'MATCHES'], ['OMIT', 'EMPTY', 'MATCHES'], ['WITH', 'UNMATCHED', 'ROWS']]) if (reader.accept(...words)) break;
    return true;
  }

  /** From AFTER MATCH to the end of PATTERN and WITHIN. */
  #pattern(): { variables: Set<string>; upTo: number } {
    const { reader } = this;
    const variables = new Set<string>();
    while (!reader.is('PATTERN')) {
      if (reader.peek().kind === 'end' || reader.is(')')) reader.fail('PATTERN');
      reader.take();
    }
    reader.expect('PATTERN');
    let depth = 0;
    do {
      const token = reader.take();
      if (token.kind === 'end') reader.fail(') after the pattern');
      if (token.kind === 'symbol') depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
      else if (token.kind !== 'number' && token.keyword !== 'PERMUTE') variables.add(token.text);
    } while (depth > 0);
    if (reader.accept('WITHIN')) this.expression();
    return { variables, upTo: reader.lastEnd };
  }

  #subset(): MatchRecognize['subsets'][number] {
    const name = this.reader.name('the name of a subset');
    this.reader.expect('=');
    return { name, of: this.#names() };
  }

  #definition(): MatchRecognize['define'][number] {
    const variable = this.reader.name('a pattern variable');
    this.reader.expect('AS');
    return { variable, condition: this.expression() as Expression };
  }
}
