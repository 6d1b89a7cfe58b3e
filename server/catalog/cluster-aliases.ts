import type { GraphChange, Origin, ProgramFact } from './changes.ts';
import type { Named } from './names.ts';

/** Namespaces by bootstrap address → canonical namespace, e.g. `kafka://broker-1:9092` → `kafka://main`. */
export type ClusterAliases = ReadonlyMap<string, string>;

export type AliasesOutcome =
  | { readonly outcome: 'parsed'; readonly aliases: ClusterAliases }
  | { readonly outcome: 'refused'; readonly message: string };

/** Parses `main=broker-1:9092,broker-2:9092;ads=ads-1:9092`. */
export function parseClusterAliases(text: string): AliasesOutcome {
  const aliases = new Map<string, string>();
  for (const entry of text.split(';').map((part) => part.trim()).filter((part) => part !== '')) {
    const [cluster, addresses, ...rest] = entry.split('=').map((part) => part.trim());
    if (!cluster || !addresses || rest.length > 0) return { outcome: 'refused', message: `"${entry}" is not <cluster>=<host:port>,…` };
    for (const address of addresses.split(',').map((part) => part.trim())) {
      const alias = `kafka://${address}`;
      if (aliases.has(alias)) return { outcome: 'refused', message: `"${address}" is an alias of two clusters` };
      aliases.set(alias, `kafka://${cluster}`);
    }
  }
  return { outcome: 'parsed', aliases };
}

/** The same thing under its canonical name, so that one topic is one dataset whichever address names it. */
export function canonical<T extends Named>(aliases: ClusterAliases, ref: T): T {
  const namespace = aliases.get(ref.namespace);
  return namespace === undefined ? ref : { ...ref, namespace };
}

/** A change with every name in it canonical. */
export function canonicalChange(aliases: ClusterAliases, change: GraphChange): GraphChange {
  if (aliases.size === 0) return change;
  if (change.change === 'observation') {
    return { ...change, actor: canonical(aliases, change.actor), dataset: change.dataset && canonical(aliases, change.dataset) };
  }
  const about = canonical(aliases, change.about);
  if (change.aspect === 'program' && change.body !== null) return { ...change, about, body: canonicalProgram(aliases, change.body) };
  if (change.aspect === 'audit-result' && change.body !== null) {
    return { ...change, about, body: { ...change.body, source: canonical(aliases, change.body.source) } };
  }
  return { ...change, about };
}

function canonicalProgram(aliases: ClusterAliases, { reads, writes }: ProgramFact): ProgramFact {
  const origin = (from: Origin): Origin => ({ ...from, dataset: canonical(aliases, from.dataset) });
  return {
    reads: reads.map((use) => ({ ...use, dataset: canonical(aliases, use.dataset) })),
    writes: writes.map((write) => ({
      ...write,
      dataset: canonical(aliases, write.dataset),
      derivations: write.derivations?.map(({ to, from }) => ({ to, from: from.map(origin) })) ?? null,
    })),
  };
}
