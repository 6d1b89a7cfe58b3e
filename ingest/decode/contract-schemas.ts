import { readFileSync } from 'node:fs';
import type { Contract } from './decoder.ts';

const FILES: Readonly<Record<Contract, string>> = { control: 'control-event.avsc', audit: 'audit-event.avsc' };

/** The text of a contract as this version of Sluice knows it. */
export function contractText(contract: Contract): string {
  return readFileSync(new URL(`../contracts/${FILES[contract]}`, import.meta.url), 'utf8');
}
