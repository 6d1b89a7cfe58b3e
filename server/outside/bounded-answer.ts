import { OutsideFailure } from './outside-failure.ts';

/** The text of an answer, read no further than the limit in bytes, unpacked. */
export async function boundedText(response: Response, limit: number, what: string): Promise<string> {
  const tooLarge = (): OutsideFailure => new OutsideFailure('too-large', `the answer to ${what} is larger than ${limit} bytes`);
  if (Number(response.headers.get('content-length') ?? 0) > limit) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the stream, and with it the connection.
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
