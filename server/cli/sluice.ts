#!/usr/bin/env node
import { once } from 'node:events';
import { Command, CommanderError } from 'commander';
import { admissionCommand } from './admission.ts';
import { auditCommand } from './audit.ts';
import { backupCommand } from './backup.ts';
import { changeCommand } from './change.ts';
import { compatCommand } from './compat.ts';
import { demoCommand } from './demo.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { gateCommand } from './gate.ts';
import { lineageCommand } from './lineage.ts';
import { permitCommand } from './permit.ts';
import { questionCommands } from './questions.ts';
import { replayCommand } from './replay.ts';
import { storeCommand } from './store.ts';
import type { Terminal } from './terminal.ts';
import { tokenCommand } from './token.ts';

/** The whole command line as one commander program. */
export function sluice(terminal: Terminal): Command {
  const program = new Command('sluice')
    .description('Lineage and schema governance for streaming platforms')
    .exitOverride()
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.writeError });
  const commands = [gateCommand(terminal), changeCommand(terminal), permitCommand(terminal), admissionCommand(terminal), compatCommand(terminal), ...questionCommands(terminal), lineageCommand(terminal), replayCommand(terminal), backupCommand(terminal), storeCommand(terminal), tokenCommand(terminal), auditCommand(terminal), demoCommand(terminal)];
  for (const command of commands) program.addCommand(inheriting(command, program));
  return program;
}

/** Runs one command line; answers the exit code, having written why. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await sluice(terminal).parseAsync(args, { from: 'user' });
    return EXIT.pass;
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? EXIT.pass : EXIT.usage;
    if (!(failure instanceof CommandFailure)) throw failure;
    if (failure.message !== '') terminal.writeError(`sluice: ${failure.message}\n`);
    return failure.exitCode;
  }
}

/** Subcommands throw and print like the program: commander copies that only to commands it makes itself. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(child, command);
  return command;
}

if (import.meta.main) {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `sluice … | head` closes the pipe; that is no failure of ours.
    if (error.code === 'EPIPE') process.exit(EXIT.pass);
    throw error;
  });
  process.exitCode = await run(process.argv.slice(2), {
    stdin: process.stdin,
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    drained: async () => {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
    env: process.env,
  });
}
