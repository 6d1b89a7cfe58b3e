import { type Finding, type FindingsReport, placeOf } from './report.ts';

/** Characters that XML 1.0 cannot hold, however they are written. */
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** JUnit's XML: a case for each finding, failed where it is an error; a check without findings is one case that passed. */
export function asJUnit(report: FindingsReport): string {
  const cases = report.findings.length === 0 ? [caseElement(report, 'nothing stands against it', '')] : report.findings.map((finding) => caseOf(finding, report));
  const failures = report.findings.filter((finding) => isFailure(finding, report)).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sluice ${text(report.check)}" ${counts}>`,
    `  <testsuite name="${text(report.about)}" ${counts} time="0">`,
    `    <properties><property name="reference" value="${text(report.reference)}"/><property name="revision" value="${report.revision}"/></properties>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** An error that approvals cover fails nothing. */
function isFailure({ severity, approved }: Finding, { passed }: FindingsReport): boolean {
  return severity === 'error' && approved !== true && !passed;
}

function caseOf(finding: Finding, report: FindingsReport): string {
  const readers = finding.affected.map(({ kind, namespace, name, owner }) => `${kind} ${namespace}/${name}, owner ${owner ?? 'nobody'}`);
  const details = text([finding.message, ...readers, `finding ${finding.id}${finding.approvable ? ', approvable' : ''}`].join('\n'));
  const content = isFailure(finding, report) ? `<failure type="${text(finding.rule)}" message="${text(finding.message)}">${details}</failure>` : `<system-out>${details}</system-out>`;
  return caseElement(report, `${finding.rule}: ${placeOf(finding) ?? report.about} (${finding.id})`, content);
}

function caseElement({ check, file }: FindingsReport, name: string, content: string): string {
  const place = file === null ? '' : ` file="${text(file)}"`;
  return `    <testcase classname="sluice.${text(check)}" name="${text(name)}"${place} time="0">${content}</testcase>`;
}

function text(value: string): string {
  return value.replace(NOT_IN_XML, '\ufffd').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\n', '&#10;');
}
