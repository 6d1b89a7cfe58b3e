import { expect, test } from 'vitest';
import { bytes, figureTitle, viewOf } from '../../../web/platform/views.ts';

test.each([[0, '0 B'], [999, '999 B'], [1_000, '1.0 kB'], [425_000_000, '425 MB'], [1_600_000_000, '1.6 GB']])('writes %i bytes as %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test('shows health for an address that names no view it has', () => {
  expect(['', 'view=unread', 'view=nonsense'].map((query) => viewOf(new URLSearchParams(query)))).toEqual(['health', 'unread', 'health']);
});

test('writes figures in words', () => {
  expect(figureTitle('ingest_dead_letters_total')).toBe('ingest dead letters');
});
