import { afterEach, beforeEach, expect, test } from 'vitest';
import { RegistryClient } from '../../server/registry/registry-client.ts';
import { wholeSubjectList } from '../../server/registry/subject-list.ts';
import { SmallRegistry } from './small-registry.ts';

let registry: SmallRegistry;
beforeEach(async () => void (registry = await new SmallRegistry().start()));
afterEach(() => registry.close());

const fill = (count: number): void => Array.from({ length: count }, (_, i) => `s${String(i).padStart(5, '0')}`).forEach((subject) => void registry.register(subject, '"int"'));
const listed = async (pageSize?: number): Promise<number> => (await wholeSubjectList(new RegistryClient({ url: registry.url, auth: null }), 'all', pageSize)).size;

test.each([[0, null], [1, null], [2_500, null], [2_500, 1_000], [2_500, 7], [1_000, 1_000]])('finds all %d subjects of a registry that gives at most %s at once', async (count, silentLimit) => {
  fill(count);
  registry.says.silentLimit = silentLimit;
  expect(await listed()).toBe(count);
});

test('does not believe a list of a round length from a registry that does not page', async () => {
  fill(1_200);
  Object.assign(registry.says, { silentLimit: 1_000, pages: false });
  await expect(listed()).rejects.toMatchObject({ kind: 'incomplete', message: expect.stringContaining('lists 1000 subjects and no more pages') });
});

test('believes a list of another length from a registry that does not page', async () => {
  fill(1_200);
  registry.says.pages = false;
  expect(await listed()).toBe(1_200);
});
