import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { ingestConfig } from '../../ingest/config.ts';
import type { DeadLetter } from '../../ingest/dead-letter.ts';
import { DeadLetterFile } from '../../ingest/dead-letter-file.ts';
import { createDecoder, RegistryUnavailable, type RegistrySource } from '../../ingest/decode/decoder.ts';
import { SAMPLE_CONTRACTS } from '../../ingest/demo/feed.ts';
import { replay, type Replayed } from '../../ingest/replay.ts';
import { contractsOf, DEFAULT_TOPICS, type TopicContract } from '../../ingest/topics.ts';
import { parseClusterAliases } from '../catalog/cluster-aliases.ts';
import { dataFolder, DEAD_LETTER_FILE, storeFile } from '../config.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { StoreIncompatible, StoreUnavailable } from '../store/store.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { lines, type Terminal } from './terminal.ts';

interface Options {
  readonly data: string;
  readonly kafka?: boolean;
  readonly registry?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `sluice replay`: tries dead letters again; exit 1 when one still cannot be applied. */
export function replayCommand(terminal: Terminal): Command {
  return new Command('replay')
    .description('apply dead letters again, after what kept them out was mended')
    .option('--data <folder>', 'data folder of Sluice', dataFolder(terminal.env))
    .option('--kafka', 'replay the dead-letter topic of SLUICE_KAFKA_BROKERS instead of the file in the data folder')
    .option('--registry <url>', 'Schema Registry that has the writer schemas (SLUICE_REGISTRY_URL); the contracts of this version otherwise')
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--json', 'print one JSON object a dead letter')
    .action(async (options: Options) => {
      const results = await orUnavailable(() => replayFrom(options.kafka === true ? topicOf(options, terminal) : fileOf(options, terminal), options, terminal));
      terminal.write(options.json === true ? results.map((result) => lines(JSON.stringify(documentOf(result)))).join('') : render(results, options.dryRun === true));
      if (results.some(({ failure }) => failure !== null)) throw new CommandFailure(EXIT.checkFailed, '');
    });
}

/** Where dead letters lie, and what is needed to read their messages. */
interface Place {
  read(): Promise<readonly DeadLetter[]>;
  /** Takes out what is applied by now, where that can be done. */
  settle(applied: readonly DeadLetter[]): Promise<void>;
  readonly contracts: ReadonlyMap<string, TopicContract>;
  readonly registry: RegistrySource;
}

function fileOf({ data, registry }: Options, { env }: Terminal): Place {
  const file = new DeadLetterFile(join(data, DEAD_LETTER_FILE));
  const url = registry ?? env['SLUICE_REGISTRY_URL'];
  return {
    read: () => file.read(),
    settle: (applied) => file.remove(applied),
    contracts: new Map([...contractsOf(DEFAULT_TOPICS), ...SAMPLE_CONTRACTS]),
    registry: url === undefined ? { kind: 'embedded' } : { kind: 'http', url },
  };
}

/** A topic keeps what lies in it: what was applied is found again next time, and changes nothing. */
function topicOf({ registry }: Options, { env }: Terminal): Place {
  const ingest = ingestConfig(env);
  if (ingest.outcome === 'refused') throw new CommandFailure(EXIT.usage, ingest.mistakes.join('; '));
  const { config } = ingest;
  return {
    async read() {
      // Loaded only here: no other command needs a Kafka client.
      const { KafkaDeadLetters } = await import('../../ingest/consumer.ts');
      const topic = new KafkaDeadLetters(config.kafka);
      try {
        return await topic.read();
      } catch (cause) {
        throw new CommandFailure(EXIT.unavailable, `the dead-letter topic cannot be read: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause });
      } finally {
        await topic.close();
      }
    },
    settle: () => Promise.resolve(),
    contracts: contractsOf(config.kafka.topics),
    registry: registry === undefined ? config.registry : { kind: 'http', url: registry },
  };
}

async function replayFrom(place: Place, { data, dryRun = false }: Options, { env }: Terminal): Promise<readonly Replayed[]> {
  const aliases = parseClusterAliases(env['SLUICE_CLUSTER_ALIASES'] ?? '');
  if (aliases.outcome === 'refused') throw new CommandFailure(EXIT.usage, `SLUICE_CLUSTER_ALIASES: ${aliases.message}`);
  const letters = await place.read();
  if (letters.length === 0) return [];
  if (!existsSync(storeFile(data))) throw new CommandFailure(EXIT.usage, `there is no store in ${data}`);
  const store = openSqliteStore({ file: storeFile(data) });
  const decoder = createDecoder({ registry: place.registry });
  try {
    const results = await replay(letters, { store, decoder, aliases: aliases.aliases, clock: Date.now, contracts: place.contracts }, { dryRun });
    if (!dryRun) await place.settle(results.filter(({ failure }) => failure === null).map(({ letter }) => letter));
    return results;
  } finally {
    await decoder.close();
    await store.close();
  }
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof StoreUnavailable || cause instanceof StoreIncompatible || cause instanceof RegistryUnavailable) throw new CommandFailure(EXIT.unavailable, cause.message, { cause });
    throw cause;
  }
}

function render(results: readonly Replayed[], dryRun: boolean): string {
  const failed = results.filter(({ failure }) => failure !== null);
  const verb = dryRun ? 'would be applied' : 'applied';
  const rows = failed.map(({ letter, failure }) => `  ${placeOf(letter)}: ${failure}`);
  return lines(`${results.length - failed.length} ${verb}, ${failed.length} still cannot be`, rows);
}
function documentOf({ letter, failure }: Replayed): object {
  const { topic, partition, offset, stage, failure: kind, message } = letter;
  return { topic, partition, offset, stage, class: kind, message, applied: failure === null, ...(failure === null ? {} : { reason: failure }) };
}
function placeOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic}[${partition}]@${offset}`;
}
