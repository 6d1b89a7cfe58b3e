import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface RawSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number };
}
interface Export {
  readonly resourceSpans: readonly { readonly resource: { readonly attributes: readonly Attribute[] }; readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[] }[];
}
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | null;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly facts: Readonly<Record<string, unknown>>;
  readonly links: readonly string[];
  readonly failed: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}
export interface SmallCollector {
  readonly url: string;
  spans(): readonly SeenSpan[];
  /** Everything that came in, as text: bodies and headers. */
  text(): string;
  /** How it answers from now on: as a collector does, with an error, or not at all. */
  answer(how: 'taken' | 'refused' | 'never'): void;
  close(): Promise<void>;
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Takes OTLP in JSON over HTTP, as a collector does. */
export async function smallCollector(): Promise<SmallCollector> {
  const exports: string[] = [];
  const heads: string[] = [];
  let how: 'taken' | 'refused' | 'never' = 'taken';
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      if (how === 'never') return;
      heads.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      if (how === 'taken') exports.push(Buffer.concat(chunks).toString());
      response.writeHead(how === 'taken' ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => exports.flatMap((text) => spansOf(JSON.parse(text) as Export)),
    text: () => [...heads, ...exports].join('\n'),
    answer: (next) => void (how = next),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spansOf({ resourceSpans }: Export): SeenSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name, kind, attributes, links = [], status }) => ({
        traceId, spanId, parent: parentSpanId || null, name, kind: KINDS[kind] ?? 'internal', facts: factsOf(attributes),
        links: links.map((link) => `${link.traceId} ${link.spanId}`), failed: status.code === 2, resource: factsOf(resource.attributes),
      })),
    ),
  );
}

function factsOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
