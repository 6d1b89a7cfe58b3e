import { expect, test } from 'vitest';
import { answerLine } from '../../../server/catalog/avro/compat-line.ts';
import { pairLine } from './generate-pairs.ts';
import { askJava, missingPart } from './java-oracle.ts';
import { essenceOf } from './same-answer.ts';

const PAIRS = Number(process.env['AVRO_ORACLE_PAIRS'] ?? 20_000);
const SEED = Number(process.env['AVRO_ORACLE_SEED'] ?? 1);
const missing = missingPart();

test.skipIf(missing !== null && process.env['REQUIRE_ALL'] !== '1')(
  `answers ${PAIRS} drawn pairs as Avro Java does${missing === null ? '' : ` (needs ${missing})`}`,
  { timeout: 600_000 },
  () => {
    expect(missing, 'a part this machine lacks').toBeNull();
    const lines = Array.from({ length: PAIRS }, (_, i) => pairLine(SEED + i, String(SEED + i)));
    const java = askJava(lines);
    expect(java).toHaveLength(PAIRS);
    const different = lines.flatMap((line, i) => {
      const ours = answerLine(line);
      return essenceOf(ours) === essenceOf(java[i]!) ? [] : [{ line, ours, java: java[i] }];
    });
    expect(different.slice(0, 3)).toEqual([]);
  },
);
