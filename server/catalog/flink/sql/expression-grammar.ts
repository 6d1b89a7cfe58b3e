import { atomic, type LogicalType, typeText, withNullability } from '../logical-type.ts';
import { interval, parseDataType } from './parse-type.ts';
import { isReserved, mayNameFunction } from './reserved-words.ts';
import type {
  Call, Case, Collection, Expression, FormPart, Identifier, Literal, Name, Operation, OrderItem, Query, Subquery, TableArgument, WindowSpec,
} from './syntax-tree.ts';
import { TokenReader } from './token-reader.ts';

const COMPARISONS = new Set(['=', '<>', '<', '>', '<=', '>=']);
/** Levels of operators, from the loosest to the tightest. */
const LEVEL = { or: 1, and: 2, not: 3, predicate: 4, additive: 5, multiplicative: 6 } as const;
const SYMBOL_LEVELS: ReadonlyMap<string, number> = new Map<string, number>([
  ...[...COMPARISONS].map((symbol): [string, number] => [symbol, LEVEL.predicate]),
  ['+', LEVEL.additive], ['-', LEVEL.additive], ['||', LEVEL.additive],
  ['*', LEVEL.multiplicative], ['/', LEVEL.multiplicative], ['%', LEVEL.multiplicative],
]);
const PATTERNS = new Set(['LIKE', 'ILIKE', 'RLIKE', 'SIMILAR', 'LIKE_REGEX']);
/** Predicates between two periods or collections, with the words that follow. */
const PAIR_PREDICATES: readonly (readonly string[])[] = [
  ['OVERLAPS'], ['IMMEDIATELY', 'PRECEDES'], ['IMMEDIATELY', 'SUCCEEDS'], ['PRECEDES'], ['SUCCEEDS'], ['EQUALS'], ['CONTAINS'],
  ['MEMBER', 'OF'], ['SUBMULTISET', 'OF'], ['MULTISET', 'UNION', 'ALL'], ['MULTISET', 'UNION', 'DISTINCT'], ['MULTISET', 'UNION'],
  ['MULTISET', 'INTERSECT'], ['MULTISET', 'EXCEPT'],
];
const IS_FORMS: readonly (readonly string[])[] = [
  ['NULL'], ['TRUE'], ['FALSE'], ['UNKNOWN'], ['JSON', 'VALUE'], ['JSON', 'OBJECT'], ['JSON', 'ARRAY'], ['JSON', 'SCALAR'], ['JSON'], ['A', 'SET'], ['EMPTY'],
];
const WORD_LEVELS: ReadonlyMap<string, number> = new Map<string, number>([
  ['OR', LEVEL.or], ['AND', LEVEL.and],
  ...['IS', 'NOT', 'IN', 'BETWEEN', ...PATTERNS, ...PAIR_PREDICATES.map(([word]) => word as string)].map((word): [string, number] => [word, LEVEL.predicate]),
]);
/** Functions that are called without parentheses. */
const BARE_FUNCTIONS = new Set([
  'CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP', 'LOCALTIME', 'LOCALTIMESTAMP', 'CURRENT_USER', 'CURRENT_ROLE', 'CURRENT_PATH',
  'CURRENT_CATALOG', 'CURRENT_SCHEMA', 'SESSION_USER', 'SYSTEM_USER', 'USER', 'CURRENT_DATABASE_NAME', 'PI_CONSTANT', 'CLASSIFIER_NAME',
]);
const TIME_LITERALS: { readonly [word: string]: LogicalType } = {
  DATE: withNullability(atomic('DATE'), false), TIME: withNullability(atomic('TIME', 0), false), TIMESTAMP: withNullability(atomic('TIMESTAMP', 3), false),
};
/** Functions whose arguments have keywords among them: the words each form may hold besides its operands. */
const FORM_WORDS: { readonly [name: string]: ReadonlySet<string> } = {
  TRIM: new Set(['BOTH', 'LEADING', 'TRAILING', 'FROM']),
  OVERLAY: new Set(['PLACING', 'FROM', 'FOR']),
  POSITION: new Set(['IN', 'FROM']),
  SUBSTRING: new Set(['FROM', 'FOR', 'SIMILAR', 'ESCAPE']),
  CONVERT: new Set(['USING']),
  TRANSLATE: new Set(['USING']),
  FLOOR: new Set(['TO']),
  CEIL: new Set(['TO']),
  CEILING: new Set(['TO']),
  EXTRACT: new Set(['FROM']),
};
/** Forms whose first argument is a time unit, not a column. */
const UNIT_FIRST = new Set(['EXTRACT', 'TIMESTAMPADD', 'TIMESTAMPDIFF']);
const JSON_FORMS = new Set(['JSON_OBJECT', 'JSON_ARRAY', 'JSON_VALUE', 'JSON_QUERY', 'JSON_EXISTS', 'JSON_OBJECTAGG', 'JSON_ARRAYAGG']);
const JSON_WORDS = new Set([
  'KEY', 'VALUE', 'NULL', 'ABSENT', 'ON', 'EMPTY', 'ERROR', 'WITH', 'WITHOUT', 'CONDITIONAL', 'UNCONDITIONAL', 'ARRAY', 'WRAPPER', 'KEEP', 'OMIT',
  'QUOTES', 'SCALAR', 'STRING', 'UNIQUE', 'KEYS', 'FORMAT', 'JSON', 'TRUE', 'FALSE', 'UNKNOWN', 'ENCODING', 'UTF8', 'OBJECT', 'PASSING', 'AS', ':',
]);

/**
 * The expressions of Flink SQL, by recursive descent. Chains of operators that bind alike become one flat
 * node, so that a long chain is no deep tree.
 */
export abstract class ExpressionGrammar {
  protected readonly reader: TokenReader;

  constructor(script: string) {
    this.reader = new TokenReader(script);
  }

  abstract query(): Query;
  abstract startsQuery(ahead?: number): boolean;

  expression(): Expression {
    return this.reader.nested(() => this.#operation(LEVEL.or));
  }

  /** An operand and every operator behind it that binds at least as tightly as the level given. */
  #operation(least: number): Expression {
    const { reader } = this;
    let left = least <= LEVEL.not && reader.is('NOT') ? this.#negation() : this.#unary();
    for (let most: number = LEVEL.multiplicative; ; ) {
      const level = this.#levelNext();
      if (level < least || level > most) return left;
      most = level;
      if (level === LEVEL.predicate) {
        const predicate = this.#predicateAfter(left);
        if (predicate === null) return left;
        left = predicate;
      } else left = this.#chain(left, level);
      reader.grow();
    }
  }

  #operand(least: number): Expression {
    return this.reader.beside(() => this.#operation(least));
  }

  /** How tightly the next operator binds; 0 where none is next. */
  #levelNext(): number {
    const { kind, text, keyword } = this.reader.peek();
    if (kind === 'symbol') return SYMBOL_LEVELS.get(text) ?? 0;
    return kind === 'word' ? WORD_LEVELS.get(keyword) ?? 0 : 0;
  }

  #chain(first: Expression, level: number): Expression {
    const parts: FormPart[] = [first];
    let operator = '';
    while (this.#levelNext() === level) {
      const { keyword, text } = this.reader.take();
      operator = keyword === '' ? text : keyword;
      parts.push(operator, this.#operand(level + 1));
    }
    return { node: 'operation', operator, parts, at: first.at };
  }

  #negation(): Expression {
    const { start: at } = this.reader.take();
    return { node: 'operation', operator: 'NOT', parts: ['NOT', this.reader.nested(() => this.#operation(LEVEL.not))], at };
  }

  #predicateAfter(left: Expression): Expression | null {
    const { reader } = this;
    const token = reader.peek();
    if (token.kind === 'symbol') return COMPARISONS.has(token.text) ? this.#comparison(left) : null;
    if (token.kind !== 'word') return null;
    if (token.keyword === 'IS') return this.#is(left);
    const not = reader.is('NOT') ? ['NOT'] : [];
    const { keyword } = reader.peek(not.length);
    if (keyword === 'IN') return this.#in(left, not);
    if (keyword === 'BETWEEN') return this.#between(left, not);
    if (PATTERNS.has(keyword)) return this.#like(left, not);
    const pair = PAIR_PREDICATES.find((words) => reader.is(...not, ...words));
    if (pair === undefined) return null;
    reader.expect(...not, ...pair);
    return operation(pair.join(' '), [left, ...not, ...pair, this.#operand(LEVEL.additive)]);
  }

  #comparison(left: Expression): Expression {
    const { reader } = this;
    const operator = reader.take().text;
    const quantifier = ['ALL', 'ANY', 'SOME'].find((word) => reader.is(word, '('));
    if (quantifier === undefined) return operation(operator, [left, operator, this.#operand(LEVEL.additive)]);
    reader.take();
    if (this.startsQuery(1)) {
      const query = reader.parenthesized(() => this.query());
      return { node: 'subquery', use: 'quantified', operand: left, operator: `${operator} ${quantifier}`, query, at: left.at };
    }
    return operation(operator, [left, operator, quantifier, this.#operand(LEVEL.additive)]);
  }

  #is(left: Expression): Expression {
    const { reader } = this;
    reader.expect('IS');
    const not = reader.accept('NOT') ? ['NOT'] : [];
    if (reader.accept('DISTINCT', 'FROM')) return operation('IS DISTINCT FROM', [left, 'IS', ...not, 'DISTINCT', 'FROM', this.#operand(LEVEL.additive)]);
    const form = IS_FORMS.find((words) => reader.accept(...words));
    if (form === undefined) return reader.fail('NULL, TRUE, FALSE, UNKNOWN, JSON or DISTINCT FROM');
    return operation(['IS', ...not, ...form].join(' '), [left, 'IS', ...not, ...form]);
  }

  #in(left: Expression, not: readonly string[]): Expression {
    const { reader } = this;
    reader.expect(...not, 'IN');
    if (reader.is('(') && this.startsQuery(1)) {
      const query = reader.parenthesized(() => this.query());
      return { node: 'subquery', use: 'in', operand: left, operator: [...not, 'IN'].join(' '), query, at: left.at };
    }
    const items = reader.parenthesized(() => reader.list(() => this.expression()));
    return operation('IN', [left, ...not, 'IN', '(', ...separated(items), ')']);
  }

  #between(left: Expression, not: readonly string[]): Expression {
    const { reader } = this;
    reader.expect(...not, 'BETWEEN');
    const symmetry = ['ASYMMETRIC', 'SYMMETRIC'].filter((word) => reader.accept(word));
    const low = this.#operand(LEVEL.additive);
    reader.expect('AND');
    return operation('BETWEEN', [left, ...not, 'BETWEEN', ...symmetry, low, 'AND', this.#operand(LEVEL.additive)]);
  }

  #like(left: Expression, not: readonly string[]): Expression {
    const { reader } = this;
    reader.expect(...not);
    const word = reader.take().keyword;
    if (word === 'SIMILAR') reader.expect('TO');
    const parts: FormPart[] = [left, ...not, word, ...(word === 'SIMILAR' ? ['TO'] : []), this.#operand(LEVEL.additive)];
    if (reader.accept('ESCAPE')) parts.push('ESCAPE', this.#operand(LEVEL.additive));
    return operation(word, parts);
  }

  #unary(): Expression {
    const { reader } = this;
    const { at, peek } = { at: reader.at, peek: reader.peek() };
    if (peek.kind === 'symbol' && (peek.text === '-' || peek.text === '+')) {
      reader.take();
      return { node: 'operation', operator: `unary ${peek.text}`, parts: [peek.text, reader.nested(() => this.#unary())], at };
    }
    return this.#postfix(this.#primary());
  }

  #postfix(start: Expression): Expression {
    const { reader } = this;
    let of = start;
    for (;;) {
      if (reader.accept('[')) {
        const index = this.expression();
        reader.expect(']');
        of = { node: 'element', of, index, at: start.at };
      } else if (reader.is('.') && (reader.isName(1) || reader.is('.', '*'))) {
        reader.take();
        if (reader.accept('*')) of = { node: 'field', of, field: { name: '*', at: reader.lastEnd - 1 }, at: start.at };
        else of = { node: 'field', of, field: reader.name('a field name'), at: start.at };
      } else if (reader.is('AT', 'TIME', 'ZONE')) {
        reader.expect('AT', 'TIME', 'ZONE');
        of = operation('AT TIME ZONE', [of, 'AT', 'TIME', 'ZONE', this.#primary()]);
      } else return of;
      reader.grow();
    }
  }

  #primary(): Expression {
    const { reader } = this;
    const token = reader.peek();
    switch (token.kind) {
      case 'number':
        return this.#literal(numberType(token.text));
      case 'string':
        return this.#strings();
      case 'symbol':
        return token.text === '(' ? this.#inParentheses() : reader.fail('an expression');
      case 'quoted':
        return this.#named();
      case 'word':
        return this.#word(token.keyword);
      case 'end':
        return reader.fail('an expression');
    }
  }

  #literal(type: LogicalType | null): Literal {
    const { start, end } = this.reader.take();
    return { node: 'literal', text: this.reader.script.slice(start, end), type, at: start };
  }

  /** Texts go on over line ends: `'a'` newline `'b'` is one text. */
  #strings(): Literal {
    const { start } = this.reader.peek();
    let { end } = this.reader.take();
    while (this.reader.peek().kind === 'string' && this.reader.script.slice(end, this.reader.at).includes('\n')) ({ end } = this.reader.take());
    if (this.reader.accept('UESCAPE')) ({ end } = this.reader.take());
    const text = this.reader.script.slice(start, end);
    return { node: 'literal', text, type: withNullability(atomic('CHAR', Math.max(1, text.length - 2)), false), at: start };
  }

  #inParentheses(): Expression {
    const { reader } = this;
    const { at } = reader;
    if (this.startsQuery(1)) {
      const query = reader.parenthesized(() => this.query());
      return { node: 'subquery', use: 'scalar', operand: null, operator: '', query, at };
    }
    reader.take();
    const items = [this.expression()];
    while (reader.accept(',')) items.push(this.expression());
    reader.expect(')');
    return items.length === 1 ? (items[0] as Expression) : { node: 'row', items, at };
  }

  #word(keyword: string): Expression {
    const { reader } = this;
    const { at } = reader;
    switch (keyword) {
      case 'TRUE': case 'FALSE': case 'UNKNOWN':
        return this.#literal(withNullability(atomic('BOOLEAN'), false));
      case 'NULL':
        return this.#literal(atomic('NULL'));
      case 'CASE':
        return this.#case();
      case 'CAST': case 'TRY_CAST':
        if (reader.peek(1).text === '(') return this.#cast(keyword);
        break;
      case 'EXISTS': case 'UNIQUE':
        reader.take();
        return { node: 'subquery', use: 'exists', operand: null, operator: keyword, query: reader.parenthesized(() => this.query()), at };
      case 'ROW':
        reader.take();
        return { node: 'row', items: reader.parenthesized(() => (reader.is(')') ? [] : reader.list(() => this.expression()))), at };
      case 'ARRAY': case 'MAP': case 'MULTISET':
        if (reader.is(keyword, '[') || (reader.is(keyword, '(') && this.startsQuery(2))) return this.#collection(keyword);
        break;
      case 'INTERVAL':
        return this.#interval();
      case 'RUNNING': case 'FINAL':
        if (reader.peek(1).kind === 'word' && reader.is(keyword, reader.peek(1).keyword, '(')) reader.take();
        break;
    }
    const timeLiteral = Object.hasOwn(TIME_LITERALS, keyword) ? TIME_LITERALS[keyword] : undefined;
    if (timeLiteral !== undefined && reader.peek(1).kind === 'string') return this.#timeLiteral(timeLiteral);
    return this.#named();
  }

  #timeLiteral(type: LogicalType): Literal {
    const { start } = this.reader.take();
    const { end } = this.reader.take();
    return { node: 'literal', text: this.reader.script.slice(start, end), type, at: start };
  }

  #interval(): Expression {
    const { reader } = this;
    const { start } = reader.take();
    if (reader.is('-') || reader.is('+')) reader.take();
    reader.string("a quoted length, as in INTERVAL '5' MINUTE");
    const type = interval(reader);
    return { node: 'literal', text: reader.script.slice(start, reader.lastEnd), type, at: start };
  }

  #case(): Case {
    const { reader } = this;
    const { start: at } = reader.take();
    const operand = reader.is('WHEN') ? null : this.expression();
    const branches: { when: Expression[]; then: Expression }[] = [];
    while (reader.accept('WHEN')) {
      const when = operand === null ? [this.expression()] : reader.list(() => this.expression());
      reader.expect('THEN');
      branches.push({ when, then: this.expression() });
    }
    if (branches.length === 0) reader.fail('WHEN');
    const otherwise = reader.accept('ELSE') ? this.expression() : null;
    reader.expect('END');
    return { node: 'case', operand, branches, otherwise, at };
  }

  #cast(form: 'CAST' | 'TRY_CAST'): Expression {
    const { reader } = this;
    const { start: at } = reader.take();
    return reader.parenthesized(() => {
      const operand = this.expression();
      reader.expect('AS');
      return { node: 'cast', form, operand, type: parseDataType(reader), at };
    });
  }

  #collection(form: Collection['form']): Expression {
    const { reader } = this;
    const { start: at } = reader.take();
    if (reader.is('(')) {
      const use = form.toLowerCase() as Subquery['use'];
      return { node: 'subquery', use, operand: null, operator: '', query: reader.parenthesized(() => this.query()), at };
    }
    reader.expect('[');
    const items = reader.is(']') ? [] : reader.list(() => this.expression());
    reader.expect(']');
    return { node: 'collection', form, items, at };
  }

  /** A column, a call, or a function that needs no parentheses. */
  #named(): Expression {
    const { reader } = this;
    const { kind, keyword, start: at } = reader.peek();
    const reserved = kind === 'word' && isReserved(keyword);
    if (reserved && reader.peek(1).text === '(' && reader.peek(1).kind === 'symbol' && mayNameFunction(keyword)) {
      const { text, start } = reader.take();
      return this.call([{ name: text, at: start }]);
    }
    if (kind === 'word' && BARE_FUNCTIONS.has(keyword) && reader.peek(1).text !== '(') {
      const { text, start } = reader.take();
      return { node: 'call', name: [{ name: text, at: start }], parts: null, distinct: false, orderBy: [], filter: null, over: null, at };
    }
    const path = this.#path();
    if (reader.is('(')) return this.call(path);
    if (reader.is('.', '*')) {
      reader.expect('.', '*');
      return { node: 'star', qualifier: path, at };
    }
    return { node: 'column', path, at };
  }

  #path(): Name {
    const { reader } = this;
    const path: Identifier[] = [reader.name('an expression')];
    while (reader.is('.') && !reader.is('.', '*')) {
      reader.take();
      reader.addPart(path, 'a column or field name');
    }
    return path;
  }

  /** A call whose name was just read: `(arguments) [WITHIN GROUP …] [FILTER …] [OVER …]`. */
  call(name: Name): Call {
    const { reader } = this;
    const keyword = name.length === 1 ? (name[0] as Identifier).name.toUpperCase() : '';
    const { parts, distinct, orderBy } = reader.nested(() => reader.parenthesized(() => this.#arguments(keyword)));
    const within = reader.accept('WITHIN', 'GROUP') ? reader.parenthesized(() => this.orderBy()) : [];
    if (!reader.accept('RESPECT', 'NULLS')) reader.accept('IGNORE', 'NULLS');
    const filter = reader.is('FILTER', '(') ? this.#filter() : null;
    const over = reader.accept('OVER') ? this.#over() : null;
    return { node: 'call', name, parts, distinct, orderBy: [...orderBy, ...within], filter, over, at: (name[0] as Identifier).at };
  }

  #arguments(keyword: string): { parts: FormPart[]; distinct: boolean; orderBy: OrderItem[] } {
    const { reader } = this;
    if (reader.is(')')) return { parts: [], distinct: false, orderBy: [] };
    if (reader.is('*', ')')) return { parts: [{ node: 'star', qualifier: [], at: reader.take().start }], distinct: false, orderBy: [] };
    if (JSON_FORMS.has(keyword)) return { parts: this.#jsonArguments(), distinct: false, orderBy: [] };
    const distinct = reader.accept('DISTINCT') || (reader.accept('ALL') && false);
    const parts: FormPart[] = [];
    if (UNIT_FIRST.has(keyword) && reader.peek().kind === 'word' && ['FROM', ','].some((word) => reader.is(reader.peek().keyword, word))) parts.push(reader.take().text);
    else if (FORM_WORDS[keyword] === undefined || !Object.hasOwn(FORM_WORDS, keyword)) parts.push(this.#argument());
    this.#formParts(keyword, parts);
    const orderBy = reader.is('ORDER', 'BY') ? this.orderBy() : [];
    if (!reader.accept('RESPECT', 'NULLS')) reader.accept('IGNORE', 'NULLS');
    return { parts, distinct, orderBy };
  }

  #formParts(keyword: string, parts: FormPart[]): void {
    const { reader } = this;
    const words = Object.hasOwn(FORM_WORDS, keyword) ? FORM_WORDS[keyword] : undefined;
    while (!reader.is(')') && !reader.is('ORDER', 'BY') && !reader.is('RESPECT') && !reader.is('IGNORE', 'NULLS')) {
      if (reader.accept(',')) parts.push(',', this.#argument());
      else if (words !== undefined && reader.isOneOf(words)) {
        const word = reader.take().keyword;
        parts.push(word);
        if (word === 'TO') parts.push(reader.take().text);
      } else if (words !== undefined && !expressionLast(parts)) parts.push(keyword === 'POSITION' ? this.#operand(LEVEL.additive) : this.#argument());
      else reader.fail(', or )');
    }
  }

  #jsonArguments(): FormPart[] {
    const { reader } = this;
    const parts: FormPart[] = [];
    while (!reader.is(')')) {
      if (reader.accept(',')) parts.push(',');
      else if (reader.accept('RETURNING')) parts.push('RETURNING', typeText(parseDataType(reader)));
      else if (reader.accept('DEFAULT')) parts.push('DEFAULT', this.expression());
      else if (this.#jsonWordNext(parts)) {
        const { keyword, text } = reader.take();
        parts.push(keyword === '' ? text : keyword);
      } else if (!operandDue(parts)) reader.fail(', or )');
      else parts.push(this.expression());
    }
    return parts;
  }

  /** Where an operand is due, only KEY can be a keyword, and only before another operand. */
  #jsonWordNext(parts: readonly FormPart[]): boolean {
    const { reader } = this;
    const { kind, keyword, text } = reader.peek();
    if (kind === 'symbol') return text === ':';
    if (kind !== 'word' || !JSON_WORDS.has(keyword)) return false;
    if (!operandDue(parts)) return keyword !== 'KEY';
    if (keyword === 'KEY') return ![')', ',', '.', ':', 'VALUE', '('].includes(reader.peek(1).kind === 'word' ? reader.peek(1).keyword : reader.peek(1).text);
    return (keyword === 'NULL' || keyword === 'ABSENT') && reader.is(keyword, 'ON');
  }

  #argument(): Expression {
    const { reader } = this;
    const { at } = reader;
    if (reader.isName() && reader.peek(1).text === '=>' && reader.peek(1).kind === 'symbol') {
      const name = reader.name();
      reader.expect('=>');
      return { node: 'named-argument', name, value: this.#argumentValue(), at };
    }
    return this.#argumentValue();
  }

  #argumentValue(): Expression {
    const { reader } = this;
    const { at } = reader;
    if (reader.is('DESCRIPTOR', '(')) {
      reader.take();
      return { node: 'descriptor', columns: reader.parenthesized(() => (reader.is(')') ? [] : reader.list(() => this.#descriptorColumn()))), at };
    }
    if (reader.accept('DEFAULT')) return { node: 'literal', text: 'DEFAULT', type: null, at };
    const source = this.#tableArgument();
    if (source === null) {
      const value = this.expression();
      if (value.node !== 'subquery' || value.use !== 'scalar' || !(reader.is('PARTITION', 'BY') || reader.is('ORDER', 'BY'))) return value;
      return { node: 'table-argument', source: { node: 'query-source', query: value.query, lateral: false }, ...this.#arrangement(), at };
    }
    return { node: 'table-argument', source, ...this.#arrangement(), at };
  }

  #descriptorColumn(): Identifier {
    const column = this.reader.name('a column name');
    if (this.reader.peek().kind === 'word') parseDataType(this.reader);
    return column;
  }

  #tableArgument(): TableArgument['source'] | null {
    const { reader } = this;
    if (reader.is('TABLE')) {
      reader.take();
      if (!reader.is('(')) return this.#tableOrFunction();
      return reader.parenthesized(() => (this.startsQuery() ? { node: 'query-source', query: this.query(), lateral: false } : this.#tableOrFunction()));
    }
    if (reader.is('MODEL') && reader.isName(1)) {
      reader.take();
      return { node: 'model', name: reader.compoundName('the name of a model') };
    }
    return this.startsQuery() && reader.isOneOf(new Set(['SELECT', 'WITH', 'VALUES'])) ? { node: 'query-source', query: this.query(), lateral: false } : null;
  }

  #tableOrFunction(): TableArgument['source'] {
    const { reader } = this;
    const name = reader.compoundName('the name of a table');
    if (reader.is('(')) return { node: 'function', call: this.call(name) };
    return { node: 'named-table', name, options: hintedOptions(reader) };
  }

  #arrangement(): { partitionBy: Expression[]; orderBy: OrderItem[] } {
    const { reader } = this;
    const partitionBy = reader.accept('PARTITION', 'BY')
      ? reader.is('(') ? flattened(reader.parenthesized(() => reader.list(() => this.expression()))) : this.#partitionList()
      : [];
    return { partitionBy, orderBy: reader.is('ORDER', 'BY') ? this.orderBy(() => this.#isKey()) : [] };
  }

  /** `PARTITION BY a, b, uid => 'x'`: the comma before a named argument ends the keys. */
  #partitionList(): Expression[] {
    const { reader } = this;
    const keys = [this.expression()];
    while (reader.is(',') && this.#isKey()) {
      reader.take();
      keys.push(this.expression());
    }
    return keys;
  }

  #isKey(): boolean {
    const { reader } = this;
    const next = reader.peek(2);
    const startsArgument = reader.peek(1).kind !== 'word' && reader.peek(1).kind !== 'quoted';
    return !startsArgument && !reader.is(',', 'DESCRIPTOR', '(') && !reader.is(',', 'INTERVAL') && !reader.is(',', 'TABLE') && !reader.is(',', 'MODEL') && !(next.kind === 'symbol' && next.text === '=>');
  }

  #filter(): Expression {
    this.reader.expect('FILTER');
    return this.reader.parenthesized(() => {
      this.reader.expect('WHERE');
      return this.expression();
    });
  }

  #over(): WindowSpec | Identifier {
    return this.reader.is('(') ? this.windowSpec() : this.reader.name('a window');
  }

  windowSpec(): WindowSpec {
    const { reader } = this;
    return reader.nested(() => reader.parenthesized(() => {
      const base = reader.isName() ? reader.name() : null;
      const partitionBy = reader.accept('PARTITION', 'BY') ? reader.list(() => this.expression()) : [];
      const orderBy = reader.is('ORDER', 'BY') ? this.orderBy() : [];
      return { node: 'window', base, partitionBy, orderBy, frame: this.#frame() };
    }));
  }

  #frame(): FormPart[] {
    const { reader } = this;
    if (!reader.is('ROWS') && !reader.is('RANGE')) return [];
    const parts: FormPart[] = [reader.take().keyword];
    if (reader.accept('BETWEEN')) {
      parts.push('BETWEEN', ...this.#bound(), 'AND');
      reader.expect('AND');
    }
    parts.push(...this.#bound());
    while (!reader.is(')') && reader.peek().kind === 'word') parts.push(reader.take().keyword);
    return parts;
  }

  #bound(): FormPart[] {
    const { reader } = this;
    if (reader.accept('CURRENT', 'ROW')) return ['CURRENT', 'ROW'];
    const from: FormPart = reader.accept('UNBOUNDED') ? 'UNBOUNDED' : this.#operand(LEVEL.additive);
    if (reader.accept('PRECEDING')) return [from, 'PRECEDING'];
    reader.expect('FOLLOWING');
    return [from, 'FOLLOWING'];
  }

  /** `ORDER BY a DESC NULLS LAST, …`; `goesOn` tells at a comma whether another key follows it. */
  orderBy(goesOn = (): boolean => true): OrderItem[] {
    const { reader } = this;
    reader.expect('ORDER', 'BY');
    const items = [this.#orderItem()];
    while (reader.is(',') && goesOn()) {
      reader.take();
      items.push(this.#orderItem());
    }
    return items;
  }

  #orderItem(): OrderItem {
    const { reader } = this;
    const expression = this.expression();
    const direction = [
      reader.accept('ASC') ? 'ASC' : reader.accept('DESC') ? 'DESC' : '',
      reader.accept('NULLS', 'FIRST') ? 'NULLS FIRST' : reader.accept('NULLS', 'LAST') ? 'NULLS LAST' : '',
    ].filter((word) => word !== '').join(' ');
    return { expression, direction };
  }
}

/** The options an OPTIONS hint gives the table just named; the hint is a comment before the next token. */
export function hintedOptions(reader: TokenReader): { readonly [option: string]: string } {
  const { hint } = reader.peek();
  if (hint === undefined || !/\bOPTIONS\s*\(/i.test(hint)) return {};
  const options = Object.create(null) as { [option: string]: string };
  for (const [, key, value] of hint.matchAll(/'((?:[^']|'')*)'\s*=\s*'((?:[^']|'')*)'/g)) {
    options[(key as string).replaceAll("''", "'")] = (value as string).replaceAll("''", "'");
  }
  return options;
}

function operation(operator: string, parts: readonly FormPart[]): Operation {
  return { node: 'operation', operator, parts, at: (parts[0] as Expression).at };
}

function separated(items: readonly Expression[]): FormPart[] {
  return items.flatMap((item, i) => (i === 0 ? [item] : [',', item]));
}

function flattened(items: readonly Expression[]): Expression[] {
  return items.flatMap((item) => (item.node === 'row' ? item.items : [item]));
}

function operandDue(parts: readonly FormPart[]): boolean {
  const last = parts.at(-1);
  return last === undefined || last === ',' || last === ':' || last === 'VALUE' || last === 'KEY' || last === 'PASSING';
}

function expressionLast(parts: readonly FormPart[]): boolean {
  const last = parts.at(-1);
  return last !== undefined && typeof last !== 'string';
}

function numberType(text: string): LogicalType {
  if (/[eE]/.test(text)) return withNullability(atomic('DOUBLE'), false);
  const dot = text.indexOf('.');
  if (dot === -1) return withNullability(Number(text) <= 2_147_483_647 ? atomic('INTEGER') : atomic('BIGINT'), false);
  const digits = text.replace('.', '').replace(/^0+(?=\d)/, '').length;
  return withNullability(atomic('DECIMAL', digits, text.length - dot - 1), false);
}
