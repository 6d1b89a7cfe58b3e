import { Command } from 'commander';
import { clientAt, defaultUrl } from './api-client.ts';
import { type Evaluation, evaluationText, proposalLine, proposalText, type SchemaChange } from './change-text.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { type Format, formatOption, renderReport } from './findings/formats.ts';
import { parseDataset } from './names.ts';
import { readInput } from './read-input.ts';
import { lines, type Terminal } from './terminal.ts';

interface Common {
  readonly url: string;
  readonly json?: boolean;
}
interface CandidateOptions extends Common {
  readonly reference: readonly string[];
}

/** `sluice change …`: schema changes, from asking what one would do to putting it into the registry. */
export function changeCommand(terminal: Terminal): Command {
  const change = new Command('change').description('propose, judge and approve schema changes');
  const commands = [checkCommand(terminal), proposeCommand(terminal), listCommand(terminal), showCommand(terminal), ...actCommands(terminal)];
  for (const command of commands) change.addCommand(command.option('--json', 'print the answer as JSON').option('--url <url>', 'where Sluice answers', defaultUrl(terminal)));
  return change;
}

function withCandidate(command: Command): Command {
  return command
    .argument('<subject>', 'as in registry://main/orders-value')
    .argument('<schema>', 'file with the Avro schema, or - for standard input')
    .option('--reference <name=subject:version>', 'a schema it refers to; may be repeated', (text: string, all: string[]) => [...all, text], []);
}

function checkCommand(terminal: Terminal): Command {
  return withCandidate(new Command('check').description('what a schema would do; exit 1 when it breaks somebody or somebody has to agree'))
    .addOption(formatOption())
    .action(async (subject: string, file: string, options: CandidateOptions & { readonly format?: Format }) => {
      const answer = await clientAt(options.url, terminal).post('/v1/schema-changes', { ...(await candidateFrom(subject, file, options, terminal)), dryRun: true }, undefined as never);
      const { evaluation } = answer;
      if (evaluation === null) throw new CommandFailure(EXIT.unavailable, 'the answer holds no evaluation');
      const standing = standsAgainst(evaluation);
      terminal.write(checked(evaluation, { format: options.format ?? (options.json ? 'json' : 'text'), answer, file, passed: standing === null }));
      if (standing !== null) throw new CommandFailure(EXIT.checkFailed, standing);
    });
}

/** Why a check fails; null where it passes. */
function standsAgainst({ readers, agreement }: Evaluation): string | null {
  const broken = readers.filter(({ outcome }) => outcome === 'breaks').map(({ name }) => name);
  const reasons = [
    ...(broken.length === 0 ? [] : [`it breaks ${[...new Set(broken)].join(', ')}`]),
    ...(agreement.blocked.length === 0 ? [] : ['it cannot be approved as it is']),
    ...(agreement.teams.length === 0 ? [] : [`${agreement.teams.map(({ team }) => team).join(', ')} must agree`]),
  ];
  return reasons.length === 0 ? null : reasons.join('; ');
}

function checked(evaluation: Evaluation, { format, answer, file, passed }: { readonly format: Format; readonly answer: SchemaChange; readonly file: string; readonly passed: boolean }): string {
  if (format === 'json') return lines(JSON.stringify(answer));
  if (format === 'text') return lines(evaluationText(evaluation));
  const { subject, revision, findings } = evaluation;
  return renderReport(format, { check: 'schema change', about: `${subject.namespace}/${subject.name}`, passed, reference: `revision ${revision}`, revision, file: file === '-' ? null : file, findings });
}

function proposeCommand(terminal: Terminal): Command {
  return withCandidate(new Command('propose').description('propose a schema for a subject'))
    .requiredOption('--reason <text>', 'why')
    .option('--expires <time>', 'until when it may be agreed to, as in 2026-12-24T00:00:00Z')
    .action(async (subject: string, file: string, options: CandidateOptions & { readonly reason: string; readonly expires?: string }) => {
      const body = { ...(await candidateFrom(subject, file, options, terminal)), reason: options.reason, ...(options.expires === undefined ? {} : { expiresAt: options.expires }) };
      show(await clientAt(options.url, terminal).post('/v1/schema-changes', body, undefined as never), options, terminal);
    });
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('schema changes, newest first')
    .option('--state <state>', 'proposed, approved, rejected, withdrawn, expired, superseded, registered')
    .option('--subject <subject>', 'as in registry://main/orders-value')
    .option('--team <team>', 'that still has to agree')
    .option('--requester <who>', 'id or name of who proposed it')
    .option('--limit <n>', 'entries to show', '50')
    .action(async (options: Common & { state?: string; subject?: string; team?: string; requester?: string; limit: string }) => {
      const { state, subject, team, requester, limit } = options;
      const answer = await clientAt(options.url, terminal).get('/v1/schema-changes', { state, subject, team, requester, limit: Number(limit) } as never);
      const more = answer.total > answer.proposals.length ? [`… and ${answer.total - answer.proposals.length} more (--limit, --json)`] : [];
      terminal.write(options.json ? lines(JSON.stringify(answer)) : lines(`${answer.total} found`, answer.proposals.map((proposal) => `  ${proposalLine(proposal)}`), more));
    });
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .description('a schema change as it stands now')
    .argument('<id>')
    .action(async (id: string, options: Common) => {
      show(await clientAt(options.url, terminal).get(`/v1/schema-changes/${encodeURIComponent(id)}` as '/v1/schema-changes/{changeId}', undefined as never), options, terminal);
    });
}

type Act = 'approve' | 'reject' | 'withdraw' | 'comment' | 'register';

function actCommands(terminal: Terminal): Command[] {
  const act = (name: Act, description: string): Command => new Command(name).description(description).argument('<id>');
  const send = async (name: Act, id: string, body: object, options: Common): Promise<void> => {
    const path = `/v1/schema-changes/${encodeURIComponent(id)}/${name}` as `/v1/schema-changes/{changeId}/${typeof name}`;
    show(await clientAt(options.url, terminal).post(path, body, undefined as never), options, terminal);
  };
  type Acting = Common & { readonly team?: string; readonly finding?: string[]; readonly reason?: string };
  return [
    act('approve', 'agree to it for your team')
      .option('--team <team>', 'where you are in several that are asked')
      .option('--finding <id...>', 'only these; all that the team is asked about by default')
      .option('--reason <text>', 'why')
      .action((id: string, options: Acting) => send('approve', id, { ...teamOf(options), ...reasonOf(options), ...(options.finding === undefined ? {} : { findings: options.finding }) }, options)),
    act('reject', 'refuse it for your team').option('--team <team>', 'where you are in several that are asked').requiredOption('--reason <text>', 'why').action((id: string, options: Acting) => send('reject', id, { ...teamOf(options), ...reasonOf(options) }, options)),
    act('withdraw', 'take your proposal back').option('--reason <text>', 'why').action((id: string, options: Acting) => send('withdraw', id, reasonOf(options), options)),
    act('comment', 'say something about it').argument('<text>').action((id: string, text: string, options: Common) => send('comment', id, { text }, options)),
    act('register', 'put it into the Schema Registry, once it is approved').action((id: string, options: Common) => send('register', id, {}, options)),
  ];
}

function teamOf({ team }: { readonly team?: string }): object {
  return team === undefined ? {} : { team };
}
function reasonOf({ reason }: { readonly reason?: string }): object {
  return reason === undefined ? {} : { reason };
}

function show(answer: SchemaChange, { json }: Common, terminal: Terminal): void {
  terminal.write(json ? lines(JSON.stringify(answer)) : lines(proposalText(answer)));
}

async function candidateFrom(subject: string, file: string, { reference }: CandidateOptions, terminal: Terminal): Promise<object> {
  const references = reference.map((text) => {
    const [, name, of, version] = /^([^=]+)=(.+):([1-9][0-9]*)$/.exec(text) ?? [];
    if (name === undefined || of === undefined) throw new CommandFailure(EXIT.usage, `"${text}" is not <name>=<subject>:<version>`);
    return { name, subject: of, version: Number(version) };
  });
  return { subject: parseDataset(subject), schema: await readInput(file, terminal), ...(references.length === 0 ? {} : { references }) };
}
