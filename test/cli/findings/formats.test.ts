import { expect, test } from 'vitest';
import { renderReport } from '../../../server/cli/findings/formats.ts';
import type { Finding, FindingsReport } from '../../../server/cli/findings/report.ts';

const missing: Finding = {
  id: '04accf003e39b8e0aa2a731d', rule: 'input-field-missing', severity: 'error', message: '`payments.card_bin` does not exist', approvable: false, affected: [],
  dataset: { namespace: 'kafka://main', name: 'payments' }, field: 'card_bin', clause: { why: 'FILTER', line: 22, column: 7 },
};
const second: Finding = {
  id: 'aa', rule: 'output-second-writer', severity: 'warning', message: 'job <b>"x" & y</b>\u0000 writes it \u{1f600}', approvable: true, dataset: null,
  affected: [{ kind: 'job', namespace: 'flink://main', name: 'x', owner: null, path: [] }],
};
const report = (rest: Partial<FindingsReport> = {}): FindingsReport => ({
  check: 'gate', about: 'flink://main/large-payments', passed: false, reference: 'decision d1', revision: 13, file: 'jobs/large payments.sql', findings: [missing, second], ...rest,
});

test('SARIF names the rule, the place in the script and a fingerprint that stays', () => {
  const { version, runs } = JSON.parse(renderReport('sarif', report())) as { version: string; runs: [{ tool: { driver: { rules: { id: string }[] } }; results: object[]; invocations: object[] }] };
  expect(version).toBe('2.1.0');
  expect(runs[0].tool.driver.rules.map(({ id }) => id)).toEqual(['input-field-missing', 'output-second-writer']);
  expect(runs[0].invocations).toEqual([{ executionSuccessful: true, exitCode: 1 }]);
  expect(runs[0].results).toMatchObject([
    {
      ruleId: 'input-field-missing', ruleIndex: 0, level: 'error', message: { text: missing.message }, partialFingerprints: { 'sluiceFinding/v1': missing.id },
      locations: [{ physicalLocation: { artifactLocation: { uri: 'jobs/large%20payments.sql' }, region: { startLine: 22, startColumn: 7 } }, logicalLocations: [{ fullyQualifiedName: 'kafka://main/payments.card_bin' }] }],
    },
    { level: 'warning', locations: [{ physicalLocation: { region: { startLine: 1 } } }], properties: { owners: ['nobody'] } },
  ]);
});

test('SARIF of standard input has no file, and of a pass no result', () => {
  const { runs } = JSON.parse(renderReport('sarif', report({ file: null, findings: [], passed: true }))) as { runs: [{ results: object[]; invocations: [{ exitCode: number }] }] };
  expect([runs[0].results, runs[0].invocations[0].exitCode]).toEqual([[], 0]);
  expect(renderReport('sarif', report({ file: null }))).not.toContain('physicalLocation');
});

test('JUnit fails a case for each error, and shows warnings in cases that pass', () => {
  const xml = renderReport('junit', report());
  expect(xml).toContain('<testsuite name="flink://main/large-payments" tests="2" failures="1" errors="0" skipped="0" time="0">');
  expect(xml).toContain('<failure type="input-field-missing" message="`payments.card_bin` does not exist">');
  expect(xml.match(/<failure/g)).toHaveLength(1);
  expect(xml).toContain('job &lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt;\ufffd writes it \u{1f600}');
});

test('JUnit shows a check without findings as one case that passed, and an approved error as no failure', () => {
  expect(renderReport('junit', report({ findings: [], passed: true }))).toContain('tests="1" failures="0"');
  expect(renderReport('junit', report({ passed: true }))).not.toContain('<failure');
});

test('an error that its owners approved fails nothing while another does, and is shown as accepted', () => {
  const approved: Finding = { ...missing, approved: true, approvedBy: [{ approvalId: 'a1', team: 'team-risk', by: 'bob' }] };
  const both = report({ findings: [approved, { ...missing, id: 'bb' }] });
  expect(renderReport('junit', both)).toContain('tests="2" failures="1"');
  const { runs } = JSON.parse(renderReport('sarif', both)) as { runs: [{ results: { suppressions?: object[] }[] }] };
  expect(runs[0].results.map(({ suppressions }) => suppressions)).toEqual([[{ kind: 'external', status: 'accepted', justification: 'approved by team-risk' }], undefined]);
});
