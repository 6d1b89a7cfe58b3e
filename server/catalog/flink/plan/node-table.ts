import type { NodeRule } from './node-walk.ts';
import { batchAggregate, globalGroupAggregate, groupAggregate, incrementalGroupAggregate, localGroupAggregate } from './nodes/aggregates.ts';
import { correlate } from './nodes/correlate.ts';
import { intervalJoin, join, mergeJoin, multiJoin, nestedLoopJoin, temporalJoin, windowJoin } from './nodes/joins.ts';
import { lookupJoin } from './nodes/lookup-join.ts';
import { match } from './nodes/match.ts';
import { processTableFunction } from './nodes/process-table-function.ts';
import { batchRank, deduplicate, overAggregate, rank, sort, windowDeduplicate, windowRank } from './nodes/ranks.ts';
import { calc, changelogNormalize, expand, passedOn, union, values, watermarkAssigner } from './nodes/row-shapes.ts';
import { scan } from './nodes/scan.ts';
import { sink } from './nodes/sink.ts';
import { batchGroupWindowAggregate, globalWindowAggregate, groupWindowAggregate, localWindowAggregate, windowAggregate } from './nodes/window-aggregates.ts';
import { windowTableFunction } from './nodes/windows.ts';

/** The types of nodes that are known, by kind and version as Flink's ExecNodeMetadata gives them (1.15 to 2.3). */
export const NODE_RULES: ReadonlyMap<string, NodeRule> = new Map<string, NodeRule>([
  ...both('table-source-scan', scan, [1, 2]),
  ...both('sink', sink, [1, 2]),
  ...both('calc', calc),
  ...both('python-calc', calc),
  ...both('async-calc', calc),
  ...both('python-async-calc', calc),
  ...both('correlate', correlate),
  ...both('async-correlate', correlate),
  ...both('python-correlate', correlate),
  ...both('expand', expand),
  ...both('values', values),
  ...both('union', union),
  ...both('exchange', passedOn),
  ...both('lookup-join', lookupJoin),
  ...both('match', match),
  ...both('over-aggregate', overAggregate),
  ...both('python-over-aggregate', overAggregate),
  ...both('window-table-function', windowTableFunction),

  ...stream('mini-batch-assigner', passedOn),
  ...stream('changelog-normalize', changelogNormalize),
  ...stream('drop-update-before', passedOn),
  ...stream('watermark-assigner', watermarkAssigner),
  ...stream('join', join),
  ...stream('interval-join', intervalJoin),
  ...stream('temporal-join', temporalJoin),
  ...stream('window-join', windowJoin),
  ...stream('multi-join', multiJoin),
  ...stream('group-aggregate', groupAggregate),
  ...stream('python-group-aggregate', groupAggregate),
  ...stream('local-group-aggregate', localGroupAggregate),
  ...stream('global-group-aggregate', globalGroupAggregate),
  ...stream('incremental-group-aggregate', incrementalGroupAggregate),
  ...stream('window-aggregate', windowAggregate),
  ...stream('local-window-aggregate', localWindowAggregate),
  ...stream('global-window-aggregate', globalWindowAggregate),
  ...stream('group-window-aggregate', groupWindowAggregate),
  ...stream('python-group-window-aggregate', groupWindowAggregate),
  ...stream('rank', rank),
  ...stream('sort-limit', rank),
  ...stream('limit', rank),
  ...stream('window-rank', windowRank),
  ...stream('deduplicate', deduplicate),
  ...stream('window-deduplicate', windowDeduplicate),
  ...stream('sort', sort),
  ...stream('temporal-sort', sort),
  ...stream('process-table-function', processTableFunction),

  ...batch('join', join),
  ...batch('sort-merge-join', mergeJoin),
  ...batch('nested-loop-join', nestedLoopJoin),
  ...batch('hash-aggregate', batchAggregate),
  ...batch('sort-aggregate', batchAggregate),
  ...batch('python-group-aggregate', groupAggregate),
  ...batch('hash-window-aggregate', batchGroupWindowAggregate),
  ...batch('sort-window-aggregate', batchGroupWindowAggregate),
  ...batch('rank', batchRank),
  ...batch('sort', sort),
  ...batch('sort-limit', sort),
  ...batch('limit', passedOn),
]);

type Entries = readonly (readonly [string, NodeRule])[];

/** Without versions: the first, which most nodes still have. */
function stream(kind: string, rule: NodeRule, versions: readonly number[] = [1]): Entries {
  return versions.map((version) => [`stream-exec-${kind}_${version}`, rule]);
}

function batch(kind: string, rule: NodeRule, versions: readonly number[] = [1]): Entries {
  return versions.map((version) => [`batch-exec-${kind}_${version}`, rule]);
}

function both(kind: string, rule: NodeRule, versions: readonly number[] = [1]): Entries {
  return [...stream(kind, rule, versions), ...batch(kind, rule, versions)];
}
