import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { misbehave, type Misbehaviour } from './misbehaviour.ts';

/** Who answers what comes through. */
export type Behind = (request: IncomingMessage, response: ServerResponse) => void;

/** The address of a server that can be told to misbehave; 'gone': nobody listens there. */
export class FaultyWay {
  readonly #behind: Behind;
  #how: Misbehaviour = 'well';
  #server: Server | null = null;
  #port = 0;

  private constructor(behind: Behind) {
    this.#behind = behind;
  }

  /** To a real server, by its address; or to an answer made here. */
  static async to(target: string | Behind): Promise<FaultyWay> {
    const way = new FaultyWay(typeof target === 'string' ? passOn(target) : target);
    await way.#listen();
    return way;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async become(how: Misbehaviour | 'gone'): Promise<void> {
    if (how === 'gone') return this.close();
    this.#how = how;
    // What hangs from before would answer nobody.
    this.#server?.closeAllConnections();
    if (this.#server === null) await this.#listen();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => (this.#how === 'well' ? this.#behind(request, response) : misbehave(this.#how, response)));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }
}

/** Questions alone: who goes this way writes nothing. */
function passOn(target: string): Behind {
  return (request, response) => {
    fetch(`${target}${request.url ?? ''}`, { headers: { accept: request.headers.accept ?? '*/*' } })
      .then(async (answer) => response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(Buffer.from(await answer.arrayBuffer())))
      .catch(() => response.destroy());
  };
}
