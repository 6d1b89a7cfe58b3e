import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { compressFrame, decompressFrame } from 'lz4-napi';
import snappy from 'snappyjs';

/**
 * Most bytes one batch may unpack to. The broker takes 1 MiB batches; honest events pack up to 20 times,
 * while gzip and zstd can be made to expand a thousandfold and more.
 */
export const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
/** Most messages in a packed batch: kafkajs makes an object of each at once, and fails at some 120,000. */
export const MAX_BATCH_MESSAGES = 100_000;

/** A codec as kafkajs wants one. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(packed: Buffer): Promise<Buffer>;
}
export const CODEC_NAMES = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CodecName = (typeof CODEC_NAMES)[number];

/** A batch that is not unpacked: where it lies, though not in which partition, which a codec never learns. */
export interface RefusedBatch {
  readonly codec: CodecName;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/**
 * Ends the unpacking of one batch. The name is kafkajs's own for a batch cut off by the end of a fetch:
 * what was read before it is delivered, and the batch stays the next one to fetch until it is passed over.
 */
export class BatchTooLarge extends Error {
  override readonly name = 'KafkaJSPartialMessageError';
}

/** Codecs with limits; a batch beyond one is reported and not unpacked. */
export function codecs(onRefused: (batch: RefusedBatch) => void, limit = MAX_UNPACKED_BYTES): Readonly<Record<CodecName, () => Codec>> {
  const codec = (name: CodecName, pack: (plain: Buffer) => Promise<Buffer>, unpack: (packed: Buffer) => Promise<Buffer>) => (): Codec => ({
    compress: ({ buffer }) => pack(buffer),
    async decompress(packed) {
      const header = batchHeader(packed);
      try {
        if (header !== null && header.messages > MAX_BATCH_MESSAGES) throw new TooLarge(`a batch of ${header.messages} messages`);
        return await unpack(packed);
      } catch (failure) {
        if (!isTooLarge(failure)) throw failure;
        if (header === null) throw new Error(`a batch packed with ${name} is too large to unpack, and where it lies is not known`, { cause: failure });
        onRefused({ codec: name, firstOffset: header.firstOffset, lastOffset: header.lastOffset });
        throw new BatchTooLarge(`the batch at offset ${header.firstOffset}, packed with ${name}, is too large to unpack`);
      }
    },
  });
  return {
    gzip: codec('gzip', promisify(gzip), (packed) => promisify(gunzip)(packed, { maxOutputLength: limit })),
    zstd: codec('zstd', promisify(zstdCompress), (packed) => promisify(zstdDecompress)(packed, { maxOutputLength: limit })),
    lz4: codec('lz4', async (plain) => Buffer.from(await compressFrame(plain)), async (packed) => unpackLz4(packed, limit)),
    snappy: codec('snappy', async (plain) => Buffer.from(snappy.compress(plain)), async (packed) => unpackSnappy(packed, limit)),
  };
}

class TooLarge extends Error {}

function isTooLarge(failure: unknown): boolean {
  return failure instanceof TooLarge || (failure instanceof RangeError && 'code' in failure && failure.code === 'ERR_BUFFER_TOO_LARGE');
}

/** Bytes of a record batch (format 2) before its records, and where in them is what. */
const HEADER = { bytes: 61, firstOffset: 0, magic: 16, lastOffsetDelta: 23, messages: 57 } as const;

/** kafkajs passes a slice of what it fetched; the header of the batch lies right before it. Null when it does not. */
function batchHeader(packed: Buffer): { readonly firstOffset: number; readonly lastOffset: number; readonly messages: number } | null {
  if (packed.byteOffset < HEADER.bytes) return null;
  const header = Buffer.from(packed.buffer, packed.byteOffset - HEADER.bytes, HEADER.bytes);
  if (header.readInt8(HEADER.magic) !== 2) return null;
  const firstOffset = Number(header.readBigInt64BE(HEADER.firstOffset));
  return { firstOffset, lastOffset: firstOffset + header.readInt32BE(HEADER.lastOffsetDelta), messages: header.readInt32BE(HEADER.messages) };
}

/** The frame Java clients put around snappy blocks: this header, two versions, then blocks with their lengths. */
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_BLOCKS_AT = 16;

function unpackSnappy(packed: Buffer, limit: number): Buffer {
  if (!packed.subarray(0, XERIAL_HEADER.length).equals(XERIAL_HEADER)) return unpackSnappyBlock(packed, limit);
  const blocks: Buffer[] = [];
  let room = limit;
  for (let at = XERIAL_BLOCKS_AT; at + 4 <= packed.length; ) {
    const size = packed.readUInt32BE(at);
    const block = unpackSnappyBlock(packed.subarray(at + 4, at + 4 + size), room);
    room -= block.length;
    blocks.push(block);
    at += 4 + size;
  }
  return Buffer.concat(blocks);
}

/** A block says in front how long it unpacks to; the claim is checked before anything is made room for. */
function unpackSnappyBlock(packed: Buffer, limit: number): Buffer {
  let claimed = 0;
  for (let i = 0, shift = 1; i < 5; i++, shift *= 128) {
    const byte = packed[i] ?? 0;
    claimed += (byte & 0x7f) * shift;
    if ((byte & 0x80) === 0) break;
  }
  if (claimed > limit) throw new TooLarge(`a snappy block claims ${claimed} bytes`);
  return Buffer.from(snappy.uncompress(packed));
}

async function unpackLz4(packed: Buffer, limit: number): Promise<Buffer> {
  const size = lz4Size(packed);
  if (size > limit) throw new TooLarge(`an lz4 frame unpacks to ${size} bytes`);
  return Buffer.from(await decompressFrame(packed));
}

/** Flags in the first byte of an lz4 frame's descriptor that move what follows it. */
const LZ4_FLAG = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const;
const LZ4_DESCRIPTOR_AT = 4;
/** Set in a block's length when the block is stored as it is. */
const LZ4_PLAIN_BLOCK = 0x8000_0000;

/** What an lz4 frame unpacks to, counted from the lengths in it: the frame may claim anything, or nothing. */
function lz4Size(frame: Buffer): number {
  const flags = frame[LZ4_DESCRIPTOR_AT] ?? 0;
  const checksum = (flags & LZ4_FLAG.blockChecksum) === 0 ? 0 : 4;
  let at = LZ4_DESCRIPTOR_AT + 3 + ((flags & LZ4_FLAG.contentSize) === 0 ? 0 : 8) + ((flags & LZ4_FLAG.dictionary) === 0 ? 0 : 4);
  let total = 0;
  while (at + 4 <= frame.length) {
    const length = frame.readUInt32LE(at);
    if (length === 0) break;
    const stored = length >= LZ4_PLAIN_BLOCK;
    const size = stored ? length - LZ4_PLAIN_BLOCK : length;
    total += stored ? size : lz4BlockSize(frame.subarray(at + 4, at + 4 + size));
    at += 4 + size + checksum;
  }
  return total;
}

/** Sums literals and matches of a block, sequence by sequence. */
function lz4BlockSize(block: Buffer): number {
  let [at, total] = [0, 0];
  const length = (nibble: number): number => {
    let sum = nibble;
    for (let more = nibble === 15; more; sum += block[at - 1] ?? 0) more = block[at++] === 255;
    return sum;
  };
  while (at < block.length) {
    const token = block[at++] ?? 0;
    const literals = length(token >> 4);
    at += literals + 2;
    total += literals;
    // The last sequence ends with its literals; two bytes of offset announce a match in all others.
    if (at <= block.length) total += length(token & 15) + 4;
  }
  return total;
}
