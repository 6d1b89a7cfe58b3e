import { expect, test } from 'vitest';
import { pagesOf } from '../../../web/shared/pages-of.ts';

const NEXT: Readonly<Record<string, string | null>> = { '': 'a', a: 'b', b: null };

async function asked(goOn?: string | null, most = Infinity): Promise<string[]> {
  const cursors: string[] = [];
  const ask = ({ cursor = '' }: { cursor?: string }) => {
    cursors.push(cursor);
    return Promise.resolve({ nextCursor: NEXT[cursor] ?? null });
  };
  for await (const _ of goOn === undefined ? pagesOf(ask) : pagesOf(ask, goOn)) if (cursors.length >= most) break;
  return cursors;
}

test('asks for page after page, from the beginning or from where one goes on, and for none beyond the end', async () => {
  expect(await Promise.all([asked(), asked('b'), asked(null)])).toEqual([['', 'a', 'b'], ['b'], []]);
});

test('asks for no more than somebody takes', async () => {
  expect(await asked('', 2)).toEqual(['', 'a']);
});
