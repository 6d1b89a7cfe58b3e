import { Command } from 'commander';
import type { components } from '../http/openapi-types.ts';
import { clientAt, defaultUrl } from './api-client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { type Format, formatOption, renderReport } from './findings/formats.ts';
import { renderFinding } from './findings/text.ts';
import { gateRequestFrom, type ProgramOptions } from './gate-request.ts';
import { lines, type Terminal } from './terminal.ts';

type Decision = components['schemas']['Decision'];

interface Options extends ProgramOptions {
  readonly url: string;
  readonly json?: boolean;
  readonly format?: Format;
  readonly dryRun?: boolean;
  readonly idempotencyKey?: string;
}

/** `sluice gate check`: may this job start? Exit 0 allowed, 1 denied, 2 bad request, 3 no true answer. */
export function gateCommand(terminal: Terminal): Command {
  const gate = new Command('gate').description('ask whether a job may start');
  gate
    .command('check')
    .description('judge a gate request; exit 1 when it is denied')
    .argument('<request>', 'JSON file with the request, or - for standard input; or a Flink program: job.sql, plan.json')
    .option('--job <job>', 'the job that runs the program, as in flink://main/large-payments')
    .option('--owner <team>', 'the team that answers for the job')
    .option('--digest <digest>', 'digest of what is deployed')
    .option('--plan <file>', 'what COMPILE PLAN made of the SQL; both are judged')
    .option('--namespace <namespace>', 'where tables the SQL does not declare are topics, as in kafka://main')
    .option('--dry-run', 'the same verdict, without permit or reservation')
    .option('--idempotency-key <key>', 'repeat the same decision for the same key')
    .option('--json', 'the same as --format json')
    .addOption(formatOption())
    .option('--url <url>', 'where Sluice answers', defaultUrl(terminal))
    .action((file: string, options: Options) => check(file, options, terminal));
  return gate;
}

async function check(file: string, options: Options, terminal: Terminal): Promise<void> {
  const request = { ...(await gateRequestFrom(file, options, terminal)), ...(options.dryRun ? { dryRun: true } : {}) };
  const headers: Record<string, string> = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
  const decision = await clientAt(options.url, terminal).post('/v1/gate/decisions', request, undefined as never, headers);
  terminal.write(printed(decision, { file, options, request }));
  if (decision.outcome === 'deny') throw new CommandFailure(EXIT.checkFailed, '');
}

function printed(decision: Decision, { file, options, request }: { readonly file: string; readonly options: Options; readonly request: object }): string {
  const format = options.format ?? (options.json ? 'json' : 'text');
  if (format === 'json') return lines(JSON.stringify(decision));
  if (format === 'text') return renderDecision(decision);
  const { job } = request as { readonly job?: { readonly namespace: string; readonly name: string } };
  return renderReport(format, {
    check: 'gate', about: `${job?.namespace}/${job?.name}`, passed: decision.outcome !== 'deny', reference: `decision ${decision.decisionId}`,
    revision: decision.revision, file: file === '-' ? null : file, findings: decision.findings,
  });
}

const HEADLINES = { allow: 'ALLOWED', 'allow-with-warnings': 'ALLOWED, with warnings', deny: 'DENIED' } as const;

function renderDecision(decision: Decision): string {
  return lines(
    `${HEADLINES[decision.outcome]}  decision ${decision.decisionId}, true at revision ${decision.revision}, evidence ${decision.completeness}`,
    decision.permit === undefined ? [] : [`permit until ${decision.permit.expiresAt}: ${decision.permit.token}`],
    decision.findings.flatMap(renderFinding),
  );
}
