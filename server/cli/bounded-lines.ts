import type { Readable } from 'node:stream';

/** Stands for a line beyond the limit: it is no JSON, so whoever reads it answers that the line is broken. */
const TOO_LONG = (limit: number) => `a line longer than ${limit} characters`;

/** The lines of a stream, never more than one of them in memory; what comes in place of one beyond the limit says so. */
export async function* boundedLines(stream: Readable, limit: number): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let open: string[] = [];
  let length = 0;
  const close = (rest: string): string => {
    const line = length + rest.length > limit ? TOO_LONG(limit) : open.join('') + rest;
    open = [];
    length = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  };
  for await (const chunk of stream as AsyncIterable<string>) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield close(chunk.slice(from, end));
      from = end + 1;
    }
    length += chunk.length - from;
    if (length <= limit) open.push(chunk.slice(from));
    else open = [];
  }
  if (length > 0) yield close('');
}
