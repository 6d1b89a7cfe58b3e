import { type ConnectorStatus } from '../../server/catalog/connect/connector-state.ts';
import { type KeptConfig, keptConfig } from '../../server/catalog/connect/kept-config.ts';
import { MAX_NAME_LENGTH } from '../../server/catalog/names.ts';
import { type AnswerLimits, JsonReader, membersOf } from '../../server/outside/json-reader.ts';
import { OutsideFailure } from '../../server/outside/outside-failure.ts';
import type { ConnectConfig } from './connect-config.ts';

/** All connectors with settings and status: some 5 KB each, the traces of failed tasks included. */
const LIST_LIMITS: AnswerLimits = { bytes: 64 * 1024 * 1024, milliseconds: 30_000 };
/** What is asked about one connector: its topics, or whether it is there. */
const ONE_LIMITS: AnswerLimits = { bytes: 2 * 1024 * 1024, milliseconds: 10_000 };
/** Connectors of one cluster; Connect itself becomes slow at some hundreds. */
const MAX_CONNECTORS = 5_000;

/** A connector as its cluster told of it; of its settings only those that name things. */
export interface ListedConnector {
  readonly name: string;
  readonly type: 'source' | 'sink';
  readonly config: KeptConfig;
  readonly status: ConnectorStatus;
}
/** Those whose answer cannot be read stand in `faults`, with why. */
export interface ConnectorList {
  readonly connectors: readonly ListedConnector[];
  readonly faults: ReadonlyMap<string, string>;
}

/** Asks one Kafka Connect cluster by its REST interface (Apache Kafka 2.5 and later), and changes nothing there. Rejects with OutsideFailure. */
export class ConnectClient {
  readonly #reader: JsonReader;

  constructor({ url, credentials, signal }: Pick<ConnectConfig, 'url' | 'credentials'> & { readonly signal?: AbortSignal }) {
    this.#reader = new JsonReader({ server: 'Kafka Connect', url, credentials, signal });
  }

  get requests(): number {
    return this.#reader.requests;
  }

  async list(): Promise<ConnectorList> {
    const { status, body } = await this.#reader.get('/connectors?expand=info&expand=status', LIST_LIMITS);
    if (status === 404 || typeof body !== 'object' || body === null || Array.isArray(body)) throw new OutsideFailure('malformed', 'the answer to /connectors is no list of connectors with info and status');
    const entries = Object.entries(body);
    if (entries.length > MAX_CONNECTORS) throw new OutsideFailure('too-large', `the cluster has ${entries.length} connectors, more than the ${MAX_CONNECTORS} that are looked at`);
    const read = entries.map(([name, entry]) => [name, listedConnector(name, entry)] as const);
    return {
      connectors: read.flatMap(([, connector]) => (typeof connector === 'string' ? [] : [connector])),
      faults: new Map(read.flatMap(([name, fault]) => (typeof fault === 'string' ? [[name.slice(0, MAX_NAME_LENGTH), fault] as const] : []))),
    };
  }

  /** Whether a connector that the list lacks is really gone: the list leaves out one whose status is not written yet. */
  async isGone(name: string): Promise<boolean> {
    const { status, body } = await this.#reader.get(`/connectors/${encodeURIComponent(name)}`, ONE_LIMITS);
    // A 404 of something in between says nothing of connectors; Connect's own holds its code.
    if (status === 404 && membersOf(body)['error_code'] !== 404) throw new OutsideFailure('malformed', 'a 404 that is not of Kafka Connect');
    return status === 404;
  }

  /** Topics a connector has used since it was made; null where the cluster does not keep them, or no longer has the connector. */
  async activeTopics(name: string): Promise<readonly string[] | null> {
    const { status, body } = await this.#reader.get(`/connectors/${encodeURIComponent(name)}/topics`, ONE_LIMITS).catch((failure: unknown) => {
      // 403: `topic.tracking.enable=false`. The list was answered, so it is not the credentials.
      if (failure instanceof OutsideFailure && failure.kind === 'refused') return { status: 404 as const, body: null };
      throw failure;
    });
    if (status === 404) return null;
    const topics = membersOf(membersOf(body)[name])['topics'];
    if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === 'string')) throw new OutsideFailure('malformed', `the answer about the topics of ${name} is not Kafka Connect's`);
    return topics.toSorted();
  }
}

/** A connector, or what is wrong with the answer about it. */
function listedConnector(name: string, entry: unknown): ListedConnector | string {
  const { info, status } = membersOf(entry);
  const { config, type } = membersOf(info);
  const { connector, tasks } = membersOf(status);
  const { state } = membersOf(connector);
  if (name === '' || name.length > MAX_NAME_LENGTH) return `its name is longer than ${MAX_NAME_LENGTH} characters, or empty`;
  if (type !== 'source' && type !== 'sink') return 'it is neither a source nor a sink';
  if (typeof config !== 'object' || config === null || typeof state !== 'string' || !Array.isArray(tasks)) return 'the answer lacks its settings or its status';
  const read = tasks.map(membersOf).map(({ id, state: taskState }) => ({ id, state: taskState }));
  if (!read.every((task): task is ConnectorStatus['tasks'][number] => typeof task.id === 'number' && typeof task.state === 'string')) return 'the answer has a task without id or state';
  return { name, type, config: keptConfig(config as Readonly<Record<string, unknown>>), status: { state, tasks: read } };
}
