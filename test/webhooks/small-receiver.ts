import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // Tests look into bodies freely.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}
/** A receiver of webhooks on this machine, as somebody else would write it. */
export interface SmallReceiver {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** How it answers; 204 unless told otherwise. */
  answer: (received: Received, response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<SmallReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const one = { path: request.url ?? '', headers: request.headers, text, body: JSON.parse(text) as unknown };
      received.push(one);
      receiver.answer(one, response);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  const receiver: SmallReceiver = {
    port: own, url: `http://127.0.0.1:${own}/hook?team=a`, received,
    answer: (_, response) => void response.writeHead(204).end(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

/** The recipe of the README: whether a signature made in the last five minutes is under this secret. */
export function isSigned({ headers, text }: Received, secret: string, now: number): boolean {
  const parts = String(headers['sluice-signature']).split(',').map((part) => part.split('='));
  const [, seconds] = parts.find(([name]) => name === 't') ?? [];
  const expected = createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex');
  return Math.abs(now / 1000 - Number(seconds)) <= 300 && parts.some(([name, value]) => name === 'v1' && value === expected);
}
