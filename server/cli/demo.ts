import { Command } from 'commander';
import { samplePlatform } from '../../ingest/demo/sample-platform.ts';
import { lines, type Terminal } from './terminal.ts';

/** `sluice demo`: the events of the sample platform as JSON lines, to look at or to produce elsewhere. */
export function demoCommand(terminal: Terminal): Command {
  return new Command('demo')
    .description('print the events of the sample platform, one JSON object a line')
    .option('--json', 'JSON lines, which is the only form there is')
    .action(() => {
      for (const event of samplePlatform(Date.now())) terminal.write(lines(JSON.stringify(event)));
    });
}
