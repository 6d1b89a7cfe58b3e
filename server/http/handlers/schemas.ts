import type { FastifyRequest } from 'fastify';
import { checkCompatibility } from '../../catalog/avro/compatibility.ts';
import type { JsonValue } from '../../catalog/avro/parse.ts';
import { canonical, type ClusterAliases } from '../../catalog/cluster-aliases.ts';
import type { Named } from '../../catalog/names.ts';
import { requestedSchema } from '../../queries/requested-schema.ts';
import { diffVersions, listVersions, type SchemaPart, verdictDocument } from '../../queries/schema-versions.ts';
import type { QueryParts } from '../../queries/view.ts';

/** Schema versions, their differences, and verdicts on pairs of schemas. */
export function schemaHandlers(parts: QueryParts & { readonly aliases: ClusterAliases }) {
  const { index, catalog, aliases } = parts;
  const dataset = (request: FastifyRequest): Named => canonical(aliases, request.params as Named);

  return {
    async listVersions(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      return listVersions(dataset(request), (request.query as { part: SchemaPart }).part, parts);
    },

    async diffVersions(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const { part, from, to } = request.query as { part: SchemaPart; from: number; to: number };
      return diffVersions(dataset(request), part, [from, to], parts);
    },

    checkCompatibility(request: FastifyRequest): object {
      const { reader, writer } = request.body as { reader: JsonValue; writer: JsonValue };
      return verdictDocument(checkCompatibility(requestedSchema({ value: reader, place: 'reader' }, catalog), requestedSchema({ value: writer, place: 'writer' }, catalog)));
    },
  };
}
