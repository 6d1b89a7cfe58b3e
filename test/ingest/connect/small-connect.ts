import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A connector as a test makes it; the first state is its own, the others its tasks'. */
export interface SmallConnector {
  readonly type: 'source' | 'sink';
  readonly config: Readonly<Record<string, string>>;
  readonly states?: readonly string[];
  readonly topics?: readonly string[];
}

/** A true, small Kafka Connect REST interface in memory that can be told to misbehave. */
export class SmallConnect {
  readonly connectors = new Map<string, SmallConnector>();
  /** Connectors the list leaves out though they are there. */
  readonly unlisted = new Set<string>();
  readonly asked: string[] = [];
  readonly authorizations = new Set<string>();
  /** What is answered instead, for paths that match. */
  instead: { readonly where: RegExp; readonly status: number; readonly body: string } | null = null;
  readonly #server = createServer((request, response) => {
    const path = request.url ?? '';
    this.asked.push(path);
    this.authorizations.add(request.headers.authorization ?? '');
    if (this.instead?.where.test(path) === true) response.writeHead(this.instead.status, { 'content-type': 'application/json' }).end(this.instead.body);
    else this.#answer(path, response);
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(path: string, response: ServerResponse): void {
    const reply = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (path === '/connectors?expand=info&expand=status') return reply(200, Object.fromEntries([...this.connectors].filter(([name]) => !this.unlisted.has(name)).map(([name, connector]) => [name, listed(name, connector)])));
    const [, name = '', topics] = /^\/connectors\/([^/]+)(\/topics)?$/.exec(path) ?? [];
    const connector = this.connectors.get(decodeURIComponent(name));
    if (connector === undefined) return reply(404, { error_code: 404, message: `Connector ${name} not found` });
    return reply(200, topics === undefined ? listed(name, connector).info : { [decodeURIComponent(name)]: { topics: connector.topics ?? [] } });
  }
}

function listed(name: string, { type, config, states = ['RUNNING', 'RUNNING'] }: SmallConnector) {
  const [own, ...tasks] = states;
  return {
    info: { name, config: { ...config, name }, tasks: tasks.map((_, task) => ({ connector: name, task })), type },
    status: { name, connector: { state: own, worker_id: 'w:8083' }, tasks: tasks.map((state, id) => ({ id, state, worker_id: 'w:8083', ...(state === 'FAILED' ? { trace: 'java.lang.Error: hunter2' } : {}) })), type },
  };
}
