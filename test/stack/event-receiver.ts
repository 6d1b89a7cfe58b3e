import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** An OpenLineage event as a test looks into it. */
export interface ReceivedEvent {
  readonly eventType: string;
  readonly eventTime: string;
  readonly run: { readonly runId: string };
  readonly job: { readonly namespace: string; readonly name: string };
  readonly inputs?: readonly { readonly namespace: string; readonly name: string }[];
  readonly outputs?: readonly { readonly namespace: string; readonly name: string }[];
}
export interface EventReceiver {
  readonly url: string;
  /** Of one job, in the order in which they came. */
  of(job: string): readonly ReceivedEvent[];
  close(): Promise<void>;
}

/** Takes what OpenLineage clients send, and keeps it. */
export async function receiveEvents(): Promise<EventReceiver> {
  const events: ReceivedEvent[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      events.push(JSON.parse((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8')) as ReceivedEvent);
      response.writeHead(201).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    of: (job) => events.filter((event) => event.job.name === job),
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
