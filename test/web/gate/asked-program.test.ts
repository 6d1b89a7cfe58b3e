import { expect, test } from 'vitest';
import { askedProgram } from '../../../web/gate/asked-program.ts';

const job = { namespace: 'flink://main', name: 'j' };
const dataset = { namespace: 'kafka://main', name: 'orders' };

test('says of what was declared how each dataset is read and written, and what nobody said', () => {
  const program = {
    kind: 'declared', inputs: [{ dataset, readerSchema: '"string"', fields: ['id'] }, { dataset: { ...dataset, name: 'b' } }],
    outputs: [{ dataset: { ...dataset, name: 'c' }, writerSchema: '"string"', mapping: [{ to: 'x', from: [] }, { to: 'y', from: [] }] }, { dataset: { ...dataset, name: 'd' } }],
  };
  expect(askedProgram({ job, program }).uses.map(({ way, said }) => `${way} ${said}`)).toEqual([
    'reads by a reader schema, 1 field', 'reads nobody said which fields', 'writes by a writer schema, 2 fields with their origins', 'writes by a schema nobody said, of unknown origin',
  ]);
});

test('shows the text of a script or plan', () => {
  expect(askedProgram({ job, program: { kind: 'flink-sql', script: 'INSERT INTO a SELECT 1;' } })).toEqual({ title: 'a Flink SQL script', uses: [], text: 'INSERT INTO a SELECT 1;' });
  expect(askedProgram({ job, program: { kind: 'compiled-plan', plan: { flinkVersion: '2.3' } } }).text).toBe('{\n  "flinkVersion": "2.3"\n}');
});
