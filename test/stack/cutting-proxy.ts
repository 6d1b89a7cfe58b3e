import { connect, createServer, type Server, type Socket } from 'node:net';

/** Bolt's COMMIT message as it lies in the stream: a chunk of two bytes, a structure without fields, tag 0x12. */
const COMMIT = Buffer.from([0x00, 0x02, 0xb0, 0x12, 0x00, 0x00]);
/** How long the server has to carry out a commit whose reply is cut off, ms. */
const COMMIT_TIME_MS = 300;

/** A way to a Bolt server that can break connections in the one moment that leaves a commit in doubt. */
export interface CuttingProxy {
  readonly url: string;
  /** The next commits reach the server, but no reply to them comes back. */
  cutCommits(count: number): void;
  /** Commits cut so far. */
  readonly cut: () => number;
  close(): Promise<void>;
}

export async function startCuttingProxy(serverUrl: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let [armed, cut] = [0, 0];
  const server: Server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    upstream.on('data', (reply) => void client.write(reply));
    client.on('data', (request) => {
      if (armed > 0 && request.includes(COMMIT)) {
        armed--;
        cut++;
        upstream.removeAllListeners('data').resume();
        setTimeout(() => client.destroy(), COMMIT_TIME_MS);
      }
      upstream.write(request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `bolt://127.0.0.1:${(server.address() as { port: number }).port}`,
    cutCommits: (count) => void (armed = count),
    cut: () => cut,
    close: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    }),
  };
}
