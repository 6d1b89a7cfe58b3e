/** How a rule is treated; `off` findings are not reported. */
export const SEVERITIES = ['error', 'warning', 'off'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Rule {
  readonly severity: Severity;
  /** Whether an unexpired approval by the right owner can lift it. */
  readonly approvable: boolean;
  readonly title: string;
}

/** Every rule of the gate with its default treatment; the defaults are the safe ones. */
export const RULES = {
  'input-reader-cannot-read-version': { severity: 'error', approvable: false, title: 'The job cannot read a retained version of an input' },
  'input-reader-cannot-read-writer': { severity: 'error', approvable: false, title: 'The job cannot read what a deployed job writes' },
  'input-field-missing': { severity: 'error', approvable: false, title: 'The job reads a field the input does not have' },
  'input-schema-unknown': { severity: 'error', approvable: true, title: 'Nobody said which fields an input has' },
  'input-field-not-written': { severity: 'error', approvable: true, title: 'A deployed job writes an input without a field the job reads' },
  'input-field-missing-in-version': { severity: 'warning', approvable: true, title: 'A retained version of an input lacks a field the job reads' },
  'input-reinterpreted': { severity: 'error', approvable: true, title: 'The job would read stored values as something else' },
  'program-unknown': { severity: 'warning', approvable: true, title: 'A part of what the job does could not be told' },
  'program-routes-differ': { severity: 'warning', approvable: true, title: 'The script and the compiled plan say different things' },
  'input-use-unknown': { severity: 'warning', approvable: true, title: 'Which fields the job reads is not said' },
  'output-breaks-reader': { severity: 'error', approvable: true, title: 'A deployed reader cannot read what the job writes' },
  'output-field-not-written': { severity: 'error', approvable: true, title: 'A field a deployed reader reads goes, and a default hides it' },
  'output-unknown-use': { severity: 'error', approvable: true, title: 'A reader whose fields are unknown may read what goes or changes' },
  'output-reinterpreted': { severity: 'error', approvable: true, title: 'Values change meaning without changing Avro type' },
  'output-schema-missing': { severity: 'warning', approvable: true, title: 'What the job writes is not said' },
  'downstream-reach': { severity: 'error', approvable: true, title: 'A field that goes is used further downstream' },
  'downstream-change': { severity: 'warning', approvable: true, title: 'A field that changes is used further downstream' },
  'subject-compatibility': { severity: 'error', approvable: false, title: 'The subject’s compatibility level refuses the schema' },
  'version-unreadable': { severity: 'error', approvable: true, title: 'A retained version or deployed schema cannot be judged' },
  'owner-missing': { severity: 'error', approvable: false, title: 'Nobody answers for the job' },
  'output-second-writer': { severity: 'error', approvable: true, title: 'Another job already writes the output' },
  cycle: { severity: 'warning', approvable: true, title: 'What the job writes flows back into what it reads' },
  'redundant-job': { severity: 'warning', approvable: true, title: 'A deployed job already does the same work' },
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;

export function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(RULES, text);
}
