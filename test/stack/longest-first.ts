import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By the time they take, longest first; what is not named comes after them. */
const LONGEST = ['outside-faults', 'kafka-ingest', 'neo4j-faults', 'flink-lineage', 'registry-mirror', 'neo4j-store', 'neo4j-differential', 'neo4j-commands', 'kafka-faults', 'avro-oracle', 'whole-story'];

/** Begins with the files that take longest, so that none of them is left over at the end: a machine that ran nothing before does not know them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.stack.test.ts`));
      return place === -1 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
