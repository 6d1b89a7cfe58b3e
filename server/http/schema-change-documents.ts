import { findingDocument } from '../actions/decision-record.ts';
import type { RecordedEvent } from '../actions/proposal-book.ts';
import type { ProposalView } from '../actions/proposal-view.ts';
import type { JudgedChange } from '../actions/schema-change-judge.ts';
import type { CompatibilityVerdict } from '../catalog/avro/compatibility.ts';
import { fieldPointer } from '../catalog/avro/field-pointers.ts';
import { parseSchema } from '../catalog/avro/parse.ts';
import type { Named } from '../catalog/names.ts';
import { type Agreement, isAgreed, waitingFor } from '../catalog/schema-change/agreement.ts';
import type { Passage } from '../catalog/schema-change/evolution.ts';
import type { VersionVerdict } from '../catalog/schema-change/level-verdicts.ts';
import { sentenceOn } from '../catalog/schema-change/sentence.ts';
import type { ReachedOwner } from '../queries/change-reach.ts';

/** Incompatibilities shown of one pair of schemas; the total is whole. */
const SHOWN_INCOMPATIBILITIES = 50;

/** A proposal as lists have it. */
export function proposalDocument({ proposal, state, stale, agreement, unjudged, approvals }: ProposalView): object {
  const { id, subject, reason, requester, proposedAt, expiresAt, registered, successor } = proposal;
  return {
    id, subject: named(subject), state, stale, reason,
    requester: { id: requester.id, name: requester.name },
    proposedAt: iso(proposedAt), expiresAt: iso(expiresAt),
    waitingFor: agreement === null ? [] : waitingFor(agreement),
    approvals: approvals.map((a) => ({ id: a.id, team: a.team, by: a.by, reason: a.reason, at: iso(a.at), expiresAt: iso(a.expiresAt), findings: a.findings })),
    registered, successor, unjudged: unjudged?.message ?? null,
  };
}

/** A proposal by itself, with its schema and all that happened to it. */
export function wholeProposal(view: ProposalView, schema: string): object {
  return { ...proposalDocument(view), schema, references: view.proposal.references, events: view.proposal.events.map(eventDocument) };
}

function eventDocument({ at, event }: RecordedEvent): object {
  const { event: kind, by, byName } = event;
  switch (event.event) {
    case 'proposed':
      return { at: iso(at), event: kind, by, byName, reason: event.reason, findings: event.findings, asked: event.asked, revision: event.revision };
    default: {
      const { proposal: _, ...rest } = event;
      return { at: iso(at), ...rest };
    }
  }
}

export function evaluationDocument({ candidate, subject, evaluation, reach, passages, revision, asOf, policyRevision }: JudgedChange, agreement: Agreement): object {
  const located = locating(candidate);
  return {
    sentence: sentenceOn({ evaluation, subject, agreement }),
    subject: named(subject.subject), topics: subject.topics.map(named), level: subject.level,
    comparedWith: evaluation.comparedWith, changes: evaluation.changes.map((change) => ({ ...change, ...located(change.path) })),
    versions: evaluation.versions.map(versionDocument),
    readers: evaluation.readers.map(({ reader, owner, topic, outcome, evidence, reasons }) => ({ ...reader, owner, topic: named(topic), outcome, evidence, reasons })),
    findings: evaluation.findings.map((finding) => ({ ...findingDocument(finding), ...(finding.field === null ? {} : located(finding.field)) })),
    agreement: { agreed: isAgreed(agreement), ...agreement },
    reach: { ...reach, owners: reach.owners.map(ownerDocument) },
    processors: passages.map(passageDocument),
    completeness: evaluation.completeness, revision, asOf: iso(asOf), policyRevision,
  };
}

/** Where in the candidate what is said of a field can be shown; nothing where that cannot be told. */
function locating({ text, references }: JudgedChange['candidate']): (path: string) => { readonly candidateLocation?: string } {
  const parsed = parseSchema(text, { references });
  return (path) => {
    const candidateLocation = parsed.outcome === 'parsed' ? fieldPointer(parsed, path) : null;
    return candidateLocation === null ? {} : { candidateLocation };
  };
}

function versionDocument({ newReadsOld, oldReadsNew, unreadable, ...version }: VersionVerdict): object {
  return { ...version, ...(unreadable === null ? {} : { unreadable }), newReadsOld: pairDocument(newReadsOld, unreadable), oldReadsNew: pairDocument(oldReadsNew, unreadable) };
}

function pairDocument(verdict: CompatibilityVerdict | null, unreadable: string | null): object {
  if (verdict === null) return { compatible: null, message: unreadable ?? 'it was not judged', incompatibilities: [], total: 0 };
  if (verdict.outcome === 'failed') return { compatible: null, message: verdict.message, incompatibilities: [], total: 0 };
  const found = verdict.outcome === 'incompatible' ? verdict.incompatibilities : [];
  const shown = found.slice(0, SHOWN_INCOMPATIBILITIES).map(({ type, location, message }) => ({ type, location, message }));
  return { compatible: found.length === 0, incompatibilities: shown, total: found.length };
}

function ownerDocument({ owner, known, possible, readers }: ReachedOwner): object {
  return { owner, known, possible, readers: readers.map(({ ref, ...reader }) => ({ ...ref, ...reader })) };
}

function passageDocument({ job, owner, processor, input, evolution, outputs, passesOn, withholds, unknown, path }: Passage): object {
  return { ...job, owner, processor: processor && named(processor), input: named(input), evolution, outputs: outputs.map(named), passesOn, withholds, unknown, path };
}

function named({ namespace, name }: Named): Named {
  return { namespace, name };
}
function iso(ms: number): string {
  return new Date(ms).toISOString();
}
