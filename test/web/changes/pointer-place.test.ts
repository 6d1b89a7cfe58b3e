import { json } from '@codemirror/lang-json';
import { EditorState } from '@codemirror/state';
import { expect, test } from 'vitest';
import { placeOf } from '../../../web/changes/pointer-place.ts';

const TEXT = `{
  "type": "record",
  "a/b": 1, "c~d": [true, null],
  "fields": [
    { "name": "id", "type": "long" },
    { "name": "address", "type": ["null", { "type": "record", "name": "A",
      "fields": [ { "name": "zip", "type": "strin" } ] }] }
  ]
}`;
const state = EditorState.create({ doc: TEXT, extensions: [json()] });
const shown = (pointer: string): string | null => {
  const place = placeOf(pointer, state);
  return place === null ? null : `${state.doc.lineAt(place.from).number}: ${state.sliceDoc(place.from, place.to)}`;
};

test.each([
  ['', '1: {'],
  ['/type', '2: "type": "record"'],
  ['/a~1b', '3: "a/b": 1'],
  ['/c~0d/1', '3: null'],
  ['/fields', '4: "fields": ['],
  ['/fields/0', '5: "name": "id"'],
  ['/fields/1/type/0', '6: "null"'],
  ['/fields/1/type/1/fields/0/type', '7: "type": "strin"'],
])('finds %s', (pointer, text) => {
  expect(shown(pointer)).toBe(text);
});

test.each(['/fields/2', '/fields/x', '/nothing', '/type/0', '/fields/0/type/0/1'])('finds nothing at %s', (pointer) => {
  expect(shown(pointer)).toBeNull();
});

test('finds what it can in a text that is not whole', () => {
  const broken = EditorState.create({ doc: '{ "fields": [ { "name": "a" }, { "name" ', extensions: [json()] });
  expect(placeOf('/fields/0', broken)).toEqual({ from: 16, to: 27 });
});
