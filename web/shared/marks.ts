export interface Part {
  readonly text: string;
  readonly isMatch: boolean;
}

/** Where a word may begin: after what is neither letter nor digit, and at a hump of camel case. */
const BEGINNING = /(?<![\p{L}\p{N}])(?=[\p{L}\p{N}])|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu;
const BETWEEN = /[^\p{L}\p{N}]+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u;

/** A text in parts, those marked that begin a word like one of the words searched for. */
export function markedParts(text: string, words: string): readonly Part[] {
  const wanted = words.split(BETWEEN).filter((word) => word !== '').map((word) => word.toLowerCase()).sort((a, b) => b.length - a.length);
  const parts: Part[] = [];
  let done = 0;
  for (const { index } of wanted.length === 0 ? [] : text.matchAll(BEGINNING)) {
    const found = wanted.find((word) => text.slice(index, index + word.length).toLowerCase() === word);
    if (found === undefined || index < done) continue;
    if (index > done) parts.push({ text: text.slice(done, index), isMatch: false });
    done = index + found.length;
    parts.push({ text: text.slice(index, done), isMatch: true });
  }
  return done < text.length || parts.length === 0 ? [...parts, { text: text.slice(done), isMatch: false }] : parts;
}
