import { Option } from 'commander';
import { asJUnit } from './junit.ts';
import type { FindingsReport } from './report.ts';
import { asSarif } from './sarif.ts';

/** How a check can be printed; `text` and `json` are the command's own. */
export const FORMATS = ['text', 'json', 'junit', 'sarif'] as const;
export type Format = (typeof FORMATS)[number];

/** `--format`, the same for every command that checks something. */
export function formatOption(): Option {
  return new Option('--format <format>', 'how to print what was found').choices(FORMATS);
}

/** The findings in one of the formats of build servers. */
export function renderReport(format: Exclude<Format, 'text' | 'json'>, report: FindingsReport): string {
  switch (format) {
    case 'junit':
      return asJUnit(report);
    case 'sarif':
      return asSarif(report);
  }
}
