import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { canonical, type ClusterAliases } from '../../catalog/cluster-aliases.ts';
import type { FieldEdit } from '../../catalog/avro/replace-field.ts';
import type { JsonValue } from '../../catalog/avro/parse.ts';
import type { Evidence } from '../../catalog/changes.ts';
import type { EntityRef, Named } from '../../catalog/names.ts';
import { affectedDocuments, assessImpact, type FieldChange, type Impact } from '../../queries/impact.ts';
import { BoundedCache } from '../../queries/bounded-cache.ts';
import { datasetView } from '../../queries/dataset-view.ts';
import { FieldAges } from '../../queries/field-ages.ts';
import { fieldsView, fieldView } from '../../queries/field-view.ts';
import { closureEntries, type HeldClosure, holdClosure } from '../../queries/lineage-view.ts';
import { lineageMap } from '../../queries/lineage-map.ts';
import { requestedSchema } from '../../queries/requested-schema.ts';
import { programView } from '../../queries/program-view.ts';
import { type QueryParts, trueAt, type View } from '../../queries/view.ts';
import { Problem } from '../../problem.ts';
import { SEARCH_FACETS, type SearchFacet, type Store } from '../../store/store.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { type PermitHandlerParts, permitsOfJob } from './permits.ts';

/** Whole answers kept so that their further pages show the same revision; the oldest makes room. */
const HELD_ANSWERS = 32;
/** Entries turned into text at a time while streaming. */
const STREAM_CHUNK = 500;

interface Paged {
  readonly limit: number;
  readonly cursor?: string;
}
interface Viewed {
  readonly asOf?: string;
  readonly evidence?: readonly Evidence[];
}
export interface QuestionParts extends QueryParts, Pick<PermitHandlerParts, 'follower' | 'permits' | 'bypasses'> {
  readonly store: Store;
  readonly aliases: ClusterAliases;
  readonly newId: () => string;
}

/** The questions of the catalog. Each first catches up with the newest revision. */
export function questionHandlers(parts: QuestionParts) {
  const { store, index, aliases, newId } = parts;
  const ages = new FieldAges(parts.catalog);
  const closures = new BoundedCache<string, HeldClosure>(HELD_ANSWERS);
  const impacts = new BoundedCache<string, Impact>(HELD_ANSWERS);
  const named = (request: FastifyRequest): Named => canonical(aliases, request.params as Named);

  return {
    async search(request: FastifyRequest): Promise<object> {
      const { q, limit, cursor, ...rest } = request.query as Paged & { q: string } & Partial<Record<SearchFacet, string[]>>;
      const filters = Object.fromEntries(SEARCH_FACETS.flatMap((facet) => (rest[facet] === undefined ? [] : [[facet, rest[facet]]])));
      const { hits, committedAt, ...answer } = await store.search({ text: q, filters, limit, cursor: cursor ?? null }).catch((failure: unknown) => {
        // What the store finds wrong with a query, a cursor of another search above all, is the caller's.
        throw failure instanceof RangeError ? new Problem('request-invalid', failure.message) : failure;
      });
      return { hits: hits.map(({ ref, ...hit }) => ({ ...ref, ...hit })), ...answer, asOf: new Date(committedAt).toISOString() };
    },

    async getDataset(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      return datasetView(named(request), viewOf(request.query as Viewed), parts);
    },

    async listFields(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const query = request.query as Paged & Viewed;
      const offset = decodeCursor(query.cursor, { offset: 'number' })?.offset ?? 0;
      const view = viewOf(query);
      const { fields, total } = await fieldsView(named(request), view, { offset, limit: query.limit }, { ...parts, ages });
      return { fields, total, nextCursor: nextOffset(offset + fields.length, total, {}), ...trueAt(index, view) };
    },

    async getField(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const { path } = request.params as { path: string };
      return fieldView({ ...onlyName(named(request)), path }, viewOf(request.query as Viewed), parts);
    },

    async getJob(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const job = onlyName(named(request));
      return { ...(await programView({ kind: 'job', ...job }, viewOf(request.query as Viewed), parts)), ...(await permitsOfJob(job, parts)) };
    },

    async getConsumer(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      return programView({ kind: 'consumer', ...onlyName(named(request)) }, viewOf(request.query as Viewed), parts);
    },

    async getLineage(request: FastifyRequest, reply: FastifyReply): Promise<object> {
      const query = request.query as LineageQuery;
      const place = decodeCursor(query.cursor, { answer: 'string', offset: 'number' });
      const held = place === null ? await hold(query) : heldAnswer(closures, place.answer);
      if (request.headers.accept?.includes('application/x-ndjson') === true) {
        return reply.type('application/x-ndjson').send(Readable.from(streamed(held, query.paths, parts)));
      }
      const offset = place?.offset ?? 0;
      const entries = await closureEntries(held, { offset, limit: query.limit }, query.paths, parts);
      const answer = place?.answer ?? newId();
      closures.set(answer, held);
      return { ...held.head, entries, nextCursor: nextOffset(offset + entries.length, held.closure.size, { answer }) };
    },

    async getLineageMap(request: FastifyRequest): Promise<object> {
      const query = request.query as MapQuery;
      await index.catchUp();
      const directions = query.direction === 'both' ? (['upstream', 'downstream'] as const) : [query.direction];
      const keys = (values: readonly string[] | undefined): ReadonlySet<string> => new Set(values ?? []);
      return lineageMap({ focus: startOf(query, aliases), directions, depth: query.depth, open: keys(query.open), whole: keys(query.whole), listed: keys(query.listed), ...viewOf(query) }, parts);
    },

    async assessImpact(request: FastifyRequest): Promise<object> {
      const { limit, cursor } = request.query as Paged;
      const body = request.body as ImpactBody;
      const place = decodeCursor(cursor, { answer: 'string', offset: 'number' });
      if (place === null) await index.catchUp();
      const impact = place === null ? await assessImpact(changeOf(body), parts) : heldAnswer(impacts, place.answer);
      const offset = place?.offset ?? 0;
      const affected = await affectedDocuments(impact, { offset, limit }, parts);
      const answer = place?.answer ?? newId();
      impacts.set(answer, impact);
      const { sentence, summary, head } = impact;
      const total = impact.affected.length;
      return { sentence, change: body.change.kind, ...head, summary, affected, total, nextCursor: nextOffset(offset + affected.length, total, { answer }) };
    },
  };

  async function hold(query: LineageQuery): Promise<HeldClosure> {
    await index.catchUp();
    const { direction, depth } = query;
    return holdClosure(startOf(query, aliases), { direction, depth: depth ?? null, ...viewOf(query) }, parts);
  }

  function changeOf({ dataset, path, change }: ImpactBody): FieldChange {
    const field = { ...canonical(aliases, dataset), path };
    return { field, edit: editOf(change) };
  }

  function editOf({ kind, type, name }: ImpactBody['change']): FieldEdit {
    if (name !== undefined && kind !== 'rename') throw new Problem('request-invalid', `a change of kind ${kind} has no \`name\``);
    switch (kind) {
      case 'remove':
        return { kind };
      case 'retype':
        if (type === undefined) throw new Problem('request-invalid', 'a retype says the new `type`');
        return { kind, type: requestedSchema({ value: type, place: 'change.type' }, parts.catalog) };
      case 'rename':
        if (name === undefined) throw new Problem('request-invalid', 'a rename says the new `name`');
        if (type !== undefined) throw new Problem('request-invalid', 'a rename has no `type`');
        return { kind, name };
    }
  }
}

interface StartQuery extends Named {
  readonly kind: 'field' | 'dataset' | 'job' | 'consumer';
  readonly path?: string;
}
interface MapQuery extends StartQuery, Viewed {
  readonly direction: 'downstream' | 'upstream' | 'both';
  readonly depth: number;
  readonly open?: readonly string[];
  readonly whole?: readonly string[];
  readonly listed?: readonly string[];
}
interface LineageQuery extends Paged, Viewed, StartQuery {
  readonly direction: 'downstream' | 'upstream';
  readonly depth?: number;
  readonly paths: boolean;
}
interface ImpactBody {
  readonly dataset: Named;
  readonly path: string;
  readonly change: { readonly kind: FieldEdit['kind']; readonly type?: JsonValue; readonly name?: string };
}

function startOf({ kind, path, ...query }: StartQuery, aliases: ClusterAliases): EntityRef {
  const name = canonical(aliases, onlyName(query));
  if (kind !== 'field') return { kind, ...name };
  if (path === undefined) throw new Problem('request-invalid', 'lineage of a field needs its `path`; for the whole dataset say kind=dataset');
  return { kind, ...name, path };
}

function viewOf({ asOf, evidence }: Viewed): View {
  return { asOf: asOf === undefined ? null : Date.parse(asOf), evidence: evidence ?? null };
}

function onlyName({ namespace, name }: Named): Named {
  return { namespace, name };
}

function heldAnswer<T>(held: BoundedCache<string, T>, id: string): T {
  const answer = held.get(id);
  if (answer === undefined) throw new Problem('cursor-expired', 'this answer is no longer held, or another server gave it; ask again from the start');
  return answer;
}

function nextOffset(offset: number, total: number, place: object): string | null {
  return offset < total ? encodeCursor({ ...place, offset }) : null;
}

/** The head, then every entry, one JSON object a line. */
async function* streamed(held: HeldClosure, withPaths: boolean, parts: QueryParts): AsyncGenerator<string> {
  yield `${JSON.stringify(held.head)}\n`;
  for (let offset = 0; offset < held.closure.size; offset += STREAM_CHUNK) {
    const entries = await closureEntries(held, { offset, limit: STREAM_CHUNK }, withPaths, parts);
    yield `${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`;
  }
}
