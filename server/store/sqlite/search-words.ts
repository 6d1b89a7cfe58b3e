/** Longest doc that is searched, in UTF-16 units; what lies beyond is shown elsewhere but not found. */
const SEARCHED_TEXT = 16_384;
/** Names whose words are remembered: the same few field names occur in most datasets. */
const REMEMBERED_NAMES = 50_000;

const NOT_ASCII = /[^\0-\x7f]/;
const ASCII_WORD = /[A-Z]+(?![a-z])[a-z0-9]*|[A-Z]?[a-z0-9]+/g;
const COMBINING = /[\u0300-\u036f]+/g;
const SEPARATORS = /[^\p{L}\p{N}\p{M}\p{Co}\p{So}]+/u;
const HUMPS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

/**
 * The words of a text or name, lower case and without accents: split at everything that is neither
 * letter, digit nor symbol, and at the humps of camel case. `HTTPServer.customer_email` has http, server,
 * customer, email.
 */
export function words(text: string): string[] {
  if (!NOT_ASCII.test(text)) return text.match(ASCII_WORD)?.map((word) => word.toLowerCase()) ?? [];
  return fold(text).split(SEPARATORS).flatMap((run) => (run === '' ? [] : run.split(HUMPS))).map((word) => word.toLowerCase());
}

/** What the full text index holds about a name. */
export interface NameWords {
  /** What people call it, as one word: the same for `customerEmail`, `customer_email` and `customeremail`. */
  readonly whole: string;
  /** The words, and each step of a path but the last as one word. */
  readonly words: string;
}

const remembered = new Map<string, NameWords>();

/** Of a field's path the last step is what people call it. */
export function pathWords(path: string): NameWords {
  let known = remembered.get(path);
  if (known !== undefined) return known;
  const steps = path.split('.').map(words);
  const inner = steps.slice(0, -1).flatMap((step) => (step.length > 1 ? [step.join('')] : []));
  known = { whole: steps.at(-1)?.join('') ?? '', words: [...steps.flat(), ...inner].join(' ') };
  if (remembered.size >= REMEMBERED_NAMES) remembered.clear();
  remembered.set(path, known);
  return known;
}

export function nameWords(name: string): NameWords {
  const found = words(name);
  return { whole: found.join(''), words: found.join(' ') };
}

/** What the full text index holds about prose. */
export function proseWords(text: string): string {
  return text === '' ? '' : words(text.slice(0, SEARCHED_TEXT)).join(' ');
}

/** Without accents on letters; what is left is composed, so that one text has one form. */
function fold(text: string): string {
  return text.normalize('NFD').replace(COMBINING, '').normalize('NFC');
}
