import type { Named } from '../../server/catalog/names.ts';
import { CLUSTER, derived, type EventMaker, flinkJob, pipeline, record, subject, topic, use } from './event-maker.ts';

const OWNER = 'team-recommendations';

/**
 * A loop as real platforms have them: shown rows are rated, ratings train weights, and weights decide what
 * is shown next.
 */
export function addFeedback(maker: EventMaker): void {
  const shown = declare(maker, { name: 'feedback-shown-rows', schemaId: 901, schema: record('ShownRow', { profile_id: 'string', title_id: 'long', weight: 'double' }) });
  const weights = declare(maker, { name: 'feedback-weights', schemaId: 902, schema: record('Weight', { title_id: 'long', weight: 'double' }) });
  maker.deploy(9, {
    job: flinkJob('feedback-trainer'), kind: 'FLINK_JAR', pipeline: pipeline('recommendations'), owner: OWNER, description: 'Learns weights from what was shown',
    reads: [use(shown.dataset, [['title_id', 'VALUE', 'GROUP'], 'weight'])], writes: [derived(weights.dataset, weights.schema, { title_id: ['=title_id'], weight: ['weight'] })],
  });
  maker.deploy(8, {
    job: flinkJob('feedback-ranker'), kind: 'FLINK_SQL', pipeline: pipeline('recommendations'), owner: OWNER, description: 'Ranks candidates by the weights of yesterday',
    reads: [use(topic('recommendations-candidate'), [['occurred_at', 'WATERMARK']]), use(weights.dataset, [['title_id', 'VALUE', 'JOIN'], 'weight'])],
    writes: [derived(shown.dataset, shown.schema, { profile_id: [], title_id: ['=1:title_id'], weight: ['1:weight'] })],
  });
}

function declare(maker: EventMaker, { name, schemaId, schema }: { readonly name: string; readonly schemaId: number; readonly schema: string }): { readonly dataset: Named; readonly schema: string } {
  const dataset = topic(name);
  maker.control('io.sluice.control.DatasetDeclared', 10, { dataset, kind: 'TOPIC', platform: 'kafka', cluster: CLUSTER, schema: null, owner: OWNER, description: 'Part of the feedback loop of the recommendations', tags: null });
  maker.control('io.sluice.control.SchemaRegistered', 10, { subject: subject(`${name}-value`), version: 1, schemaId, schemaType: 'AVRO', schema, references: [], deleted: false, dataset, part: 'VALUE' });
  return { dataset, schema };
}
