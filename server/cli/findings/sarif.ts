import { RULES } from '../../catalog/gate/rules.ts';
import { type Finding, type FindingsReport, placeOf } from './report.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/**
 * SARIF 2.1.0, as code scanning reads it: a result for each finding, at the clause of the script that is the cause where
 * one is known. Its fingerprint is the finding's id, so that the same finding is known again in the next run.
 */
export function asSarif(report: FindingsReport): string {
  const rules = [...new Set(report.findings.map(({ rule }) => rule))];
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Sluice', rules: rules.map(ruleOf) } },
        automationDetails: { id: `${report.check}/${report.about}` },
        invocations: [{ executionSuccessful: true, exitCode: report.passed ? 0 : 1 }],
        properties: { reference: report.reference, revision: report.revision, passed: report.passed },
        results: report.findings.map((finding) => resultOf(finding, rules, report)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf(id: string): object {
  const rule = (RULES as Readonly<Record<string, { readonly title: string; readonly severity: string }>>)[id];
  return { id, shortDescription: { text: rule?.title ?? id }, defaultConfiguration: { level: rule?.severity === 'warning' ? 'warning' : 'error' } };
}

function resultOf(finding: Finding, rules: readonly string[], { file }: FindingsReport): object {
  const place = placeOf(finding);
  const logicalLocations = place === null ? {} : { logicalLocations: [{ fullyQualifiedName: `${finding.dataset?.namespace}/${place}`, kind: 'member' }] };
  return {
    ruleId: finding.rule,
    ruleIndex: rules.indexOf(finding.rule),
    level: finding.severity,
    message: { text: finding.message },
    partialFingerprints: { 'sluiceFinding/v1': finding.id },
    ...(finding.approved === true ? { suppressions: [{ kind: 'external', status: 'accepted', justification: `approved by ${(finding.approvedBy ?? []).map(({ team }) => team ?? 'break-glass').join(', ')}` }] } : {}),
    locations: [{ ...physicalLocation(file, finding), ...logicalLocations }],
    properties: { approvable: finding.approvable, owners: ownersOf(finding) },
  };
}

function physicalLocation(file: string | null, { clause }: Finding): object {
  if (file === null) return {};
  const region = clause === undefined ? { startLine: 1 } : { startLine: clause.line, startColumn: clause.column };
  return { physicalLocation: { artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) }, region } };
}

function ownersOf({ affected }: Finding): string[] {
  return [...new Set(affected.map(({ owner }) => owner ?? 'nobody'))];
}
