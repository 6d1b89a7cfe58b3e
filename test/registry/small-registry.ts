import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { checkLevel, isAccepted } from '../../server/catalog/avro/levels.ts';
import { parseSchema } from '../../server/catalog/avro/parse.ts';
import type { AvroSchema } from '../../server/catalog/avro/schema.ts';
import type { CompatibilityLevel } from '../../server/catalog/changes.ts';
import { misbehave, type Misbehaviour } from '../outside/misbehaviour.ts';

interface Version {
  readonly id: number;
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
  deleted: boolean;
}
export interface RegistrySays {
  /** Longest list of subjects given without being asked for so many; null: any. */
  silentLimit: number | null;
  /** Whether `offset` and `limit` are understood. */
  pages: boolean;
  /** Whether versions of a subject that is soft-deleted as a whole are served. */
  servesDeletedSubjects: boolean;
  /** Whether `deletedAsNegative` and `deletedOnly` are understood. */
  marksDeleted: boolean;
  listsDeleted: boolean;
}

/** A true, small Schema Registry in memory that can be told to misbehave, for all requests or those of some paths. */
export class SmallRegistry {
  readonly says: RegistrySays = { silentLimit: null, pages: true, servesDeletedSubjects: true, marksDeleted: false, listsDeleted: true };
  readonly asked: string[] = [];
  readonly authorizations = new Set<string>();
  readonly #subjects = new Map<string, Map<number, Version>>();
  readonly #levels = new Map<string, string>([['', 'BACKWARD']]);
  readonly #modes = new Map<string, string>([['', 'READWRITE']]);
  #misbehaviour: { readonly how: Misbehaviour; readonly where: RegExp } = { how: 'well', where: /^/ };
  #ids = 0;
  readonly #server = createServer((request, response) => this.#answer(request, response));

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
  /** The subjects asked for, and forgets them. */
  takeAsked(): string[] {
    return this.asked.splice(0);
  }

  misbehave(how: Misbehaviour, where: RegExp = /^/): void {
    this.#misbehaviour = { how, where };
  }
  register(subject: string, schema: string, more: Partial<Version> = {}): number {
    const versions = this.#subjects.get(subject) ?? new Map<number, Version>();
    this.#subjects.set(subject, versions);
    const version = Math.max(0, ...versions.keys()) + 1;
    versions.set(version, { id: ++this.#ids, schema, deleted: false, ...more });
    return version;
  }
  softDelete(subject: string, version?: number): void {
    for (const [n, v] of this.#subjects.get(subject) ?? []) if (version === undefined || n === version) v.deleted = true;
  }
  hardDelete(subject: string, version?: number): void {
    if (version === undefined) this.#subjects.delete(subject);
    else this.#subjects.get(subject)?.delete(version);
  }
  loseEverything(): void {
    this.#subjects.clear();
  }
  /** null: it has none of its own any more. */
  level(subject: string, level: string | null): void {
    if (level === null) this.#levels.delete(subject);
    else this.#levels.set(subject, level);
  }
  mode(subject: string, mode: string | null): void {
    if (mode === null) this.#modes.delete(subject);
    else this.#modes.set(subject, mode);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = '', headers, method } = request;
    this.asked.push(method === 'GET' ? url : `${method} ${url}`);
    if (headers.authorization !== undefined) this.authorizations.add(headers.authorization);
    const { how, where } = this.#misbehaviour;
    if (how !== 'well' && where.test(`${method} ${url}`)) misbehave(how, response);
    else if (method === 'POST') void this.#take(new URL(url, 'http://registry'), request, response);
    else this.#answerWell(new URL(url, 'http://registry'), response);
  }

  /** A schema for a subject, to be registered or looked up: judged by the subject's level, and the same again has the same id. */
  async #take({ pathname }: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', what] = pathname.slice(1).split('/').map(decodeURIComponent);
    const json = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
    const refuse = (status: number, code: number, message: string): void => json(status, { error_code: code, message });
    const { schema, references } = JSON.parse(await text(request)) as Pick<Version, 'schema' | 'references'>;
    const candidate = parsed(schema);
    const live = [...(this.#subjects.get(name) ?? [])].filter(([, version]) => !version.deleted).toReversed();
    const same = live.find(([, version]) => version.schema === schema);
    if (same !== undefined) return json(200, { subject: name, version: same[0], id: same[1].id, schema });
    if (what === undefined) return refuse(404, live.length === 0 ? 40401 : 40403, 'Schema not found');
    if ((this.#modes.get(name) ?? this.#modes.get('')) !== 'READWRITE') return refuse(422, 42205, `Subject ${name} is not in read-write mode`);
    if (candidate === null && references === undefined) return refuse(422, 42201, `Invalid schema ${schema}`);
    const level = (this.#levels.get(name) ?? this.#levels.get('')) as CompatibilityLevel;
    const versions = live.flatMap(([version, { schema: old }]) => { const read = parsed(old); return read === null ? [] : [{ version, schema: read }]; });
    if (candidate !== null && !isAccepted(checkLevel(level, candidate, versions))) return refuse(409, 409, `Schema being registered is incompatible with an earlier schema for subject "${name}", details: [{reader missing field}, {compatibility: '${level}'}]`);
    this.register(name, schema, references === undefined ? {} : { references });
    json(200, { id: this.#ids });
  }

  #answerWell({ pathname, searchParams }: URL, response: ServerResponse): void {
    const [resource, name, what, number] = pathname.slice(1).split('/').map(decodeURIComponent);
    const deleted = searchParams.get('deleted') === 'true';
    const onlyDeleted = searchParams.get('deletedOnly') === 'true' && this.says.listsDeleted;
    const wanted = ([, version]: readonly [unknown, Version]): boolean => (onlyDeleted ? version.deleted : deleted || !version.deleted);
    const mark = this.says.marksDeleted && searchParams.get('deletedAsNegative') === 'true' ? -1 : 1;
    const versions = [...(this.#subjects.get(name ?? '') ?? [])];
    const json = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
    const notThere = (code: number): void => json(404, { error_code: code, message: 'not found' });
    if (resource === 'config' || resource === 'mode') {
      const settings = resource === 'config' ? this.#levels : this.#modes;
      return json(200, { [resource === 'config' ? 'compatibilityLevel' : 'mode']: settings.get(name ?? '') ?? settings.get('') });
    }
    if (resource !== 'subjects') return notThere(404);
    if (name === undefined) return json(200, this.#page([...this.#subjects].filter(([, all]) => [...all].some(wanted)).map(([subject]) => subject).sort(), searchParams));
    if (!versions.some(wanted)) return notThere(40401);
    if (what === 'versions' && number === undefined) return json(200, versions.filter(wanted).map(([n, v]) => (v.deleted ? mark * n : n)));
    const found = versions.filter(wanted).find(([n]) => n === Number(number));
    if (found === undefined || (versions.every(([, v]) => v.deleted) && !this.says.servesDeletedSubjects)) return notThere(40402);
    const { id, schema, schemaType, references } = found[1];
    return json(200, { subject: name, version: found[0], id, schema, ...(schemaType && { schemaType }), ...(references && { references }) });
  }

  #page(subjects: readonly string[], query: URLSearchParams): readonly string[] {
    const { silentLimit, pages } = this.says;
    const offset = pages ? Number(query.get('offset') ?? 0) : 0;
    const limit = Math.min(pages ? Number(query.get('limit') ?? 1e9) : 1e9, silentLimit ?? 1e9);
    return subjects.slice(offset, offset + limit);
  }
}

function parsed(schema: string): AvroSchema | null {
  const outcome = parseSchema(schema);
  return outcome.outcome === 'parsed' ? outcome.schema : null;
}
