import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pairLine } from './generate-pairs.ts';
import { askJava, missingPart } from './java-oracle.ts';

/**
 * Writes `test/fixtures/avro-oracle.jsonl`: drawn pairs with Avro Java's answers under `expected`, as many of each
 * kind of answer as there is room for. Run it again after a change of the generator or of Avro's version.
 */
const DRAWN = 60_000;
const FIRST_SEED = 500_000;
const MAX_LINE = 1_200;
const MAX_SIZE = 900_000;
const MAX_PER_KIND = 20;
const MAX_COMPATIBLE = 200;

const missing = missingPart();
if (missing !== null) throw new Error(`needs ${missing}`);
const lines = Array.from({ length: DRAWN }, (_, i) => pairLine(FIRST_SEED + i, String(i))).filter((line) => line.length < MAX_LINE);
const taken = new Map<string, number>();
let text = '';
for (const [i, answer] of askJava(lines).entries()) {
  const { id: _, ...expected } = JSON.parse(answer) as { id: string; incompatibilities?: { type: string; location: string }[]; error?: { message: string; side: string } };
  const kind = kindOf(expected);
  const count = taken.get(kind) ?? 0;
  if (count >= (kind === '' ? MAX_COMPATIBLE : MAX_PER_KIND) || text.length > MAX_SIZE) continue;
  taken.set(kind, count + 1);
  const kept = expected.error === undefined ? expected : { error: { side: expected.error.side } };
  text += `${lines[i]!.slice(0, -1)},"expected":${JSON.stringify(kept)}}\n`;
}
writeFileSync(fileURLToPath(new URL('../../fixtures/avro-oracle.jsonl', import.meta.url)), text);

function kindOf({ incompatibilities, error }: { incompatibilities?: readonly { type: string; location: string }[]; error?: { message: string } }): string {
  if (error !== undefined) return error.message.replaceAll(/UnresolvedSchema_\d+/g, '').replace(/[":].*/s, '').split(' ').slice(0, 4).join(' ');
  return (incompatibilities ?? []).map(({ type, location }) => `${type}@${location.replaceAll(/\d+/g, 'i').split('/').slice(-3).join('/')}`).sort().slice(0, 2).join();
}
