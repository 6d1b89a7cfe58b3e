import type { KeptOptions } from './lineage.ts';

export function keptOptions(options: { readonly [option: string]: unknown }): KeptOptions {
  return Object.keys(options).length === 0 ? {} : {};
}
