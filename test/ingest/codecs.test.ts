import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchTooLarge, CODEC_NAMES, codecs, MAX_BATCH_MESSAGES, type RefusedBatch } from '../../ingest/codecs.ts';

const LIMIT = 100_000;

/** A record batch as kafkajs holds it in memory: its header of 61 bytes, then what a codec is given. */
function batchOf(packed: Buffer, { firstOffset = 500, messages = 10 } = {}): Buffer {
  const batch = Buffer.concat([Buffer.alloc(61), packed]);
  batch.writeBigInt64BE(BigInt(firstOffset), 0);
  batch.writeInt8(2, 16);
  batch.writeInt32BE(messages - 1, 23);
  batch.writeInt32BE(messages, 57);
  return batch.subarray(61);
}

describe.each(CODEC_NAMES)('%s', (name) => {
  const refused: RefusedBatch[] = [];
  const codec = codecs((batch) => refused.push(batch), LIMIT)[name]();

  test('unpacks what it packed', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), fc.integer({ min: 1, max: 30 }), async (bytes, times) => {
      const plain = Buffer.concat(Array.from({ length: times }, () => bytes));
      expect((await codec.decompress(batchOf(await codec.compress({ buffer: plain })))).equals(plain)).toBe(true);
    }), { numRuns: 50 });
  });

  test('takes what is exactly at the limit and refuses one byte more, saying where it lies', async () => {
    const packed = async (size: number) => batchOf(await codec.compress({ buffer: Buffer.alloc(size, 'abc') }));
    expect(await codec.decompress(await packed(LIMIT))).toHaveLength(LIMIT);
    expect(refused).toEqual([]);
    await expect(codec.decompress(await packed(LIMIT + 1))).rejects.toThrow(BatchTooLarge);
    expect(refused).toEqual([{ codec: name, firstOffset: 500, lastOffset: 509 }]);
  });

  test('refuses a batch of too many messages before it unpacks anything', async () => {
    await expect(codec.decompress(batchOf(Buffer.from('not even packed'), { messages: MAX_BATCH_MESSAGES + 1 }))).rejects.toThrow(BatchTooLarge);
  });

  test('fails aloud when it cannot tell where a batch too large lies', async () => {
    const packed = await codec.compress({ buffer: Buffer.alloc(LIMIT + 1) });
    const alone = new Uint8Array(packed);
    await expect(codec.decompress(Buffer.from(alone.buffer))).rejects.toThrow('where it lies is not known');
  });

  test('fails, and does not refuse, what is not packed at all', async () => {
    const before = refused.length;
    await expect(codec.decompress(batchOf(Buffer.from([5, 0xff, 0xff, 0xff, 0xff, 0, 1, 2])))).rejects.not.toThrow(BatchTooLarge);
    expect(refused).toHaveLength(before);
  });
});

test('takes snappy in the frame of Java clients, and counts all its blocks', async () => {
  const codec = codecs(() => undefined, LIMIT).snappy();
  const framed = async (sizes: readonly number[]) => {
    const blocks = await Promise.all(sizes.map(async (size) => codec.compress({ buffer: Buffer.alloc(size, 7) })));
    const parts = blocks.flatMap((block) => [Buffer.from(Uint32Array.of(block.length).buffer).swap32(), block]);
    return batchOf(Buffer.concat([Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]), ...parts]));
  };
  expect(await codec.decompress(await framed([40_000, 60_000]))).toEqual(Buffer.alloc(100_000, 7));
  await expect(codec.decompress(await framed([40_000, 60_001]))).rejects.toThrow(BatchTooLarge);
});
