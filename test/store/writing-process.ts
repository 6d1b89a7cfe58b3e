import { DatabaseSync } from 'node:sqlite';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { fields, job, reads, say, topic } from './changes.ts';

/** A process of its own for the tests of faults: `node writing-process.ts hold|write <file>`. */
const [, , task, file = ''] = process.argv;
if (task === 'hold') {
  const db = new DatabaseSync(file);
  db.exec('BEGIN EXCLUSIVE');
  process.stdout.write('holding\n');
  // The timer holds on to the connection too: collected as garbage it would let the lock go.
  setInterval(() => db.isTransaction, 1_000);
} else {
  const store = openSqliteStore({ file });
  const start = (await store.offsets('t')).get(0)?.next ?? 0;
  for (let i = start; ; i++) {
    const changes = [
      say(topic(`t${i}`), 'fields', fields(...Array.from({ length: 50 }, (_, f) => `f${f}`)), i + 1),
      say(job(`j${i}`), 'program', { reads: [reads(`t${i}`, ['f1', 'f2'])], writes: [] }, i + 1),
    ];
    await store.apply({ changes, committedAt: i, offset: { topic: 't', partition: 0, from: i, next: i + 1, generation: 1 } });
    process.stdout.write(`${i}\n`);
  }
}
