import type { Schemas } from '../shared/api.ts';

type Proposal = Schemas['Proposal'];
type Me = Schemas['Me'];
type Asked = Schemas['SchemaChangeEvaluation']['agreement']['teams'][number];

/** What the viewer may do to a proposal, or why not. */
export type May = { readonly may: true; readonly teams: readonly string[] } | { readonly may: false; readonly why: string };
export type Act = 'approve' | 'reject' | 'withdraw' | 'comment' | 'register';

export function isOpen({ state }: Pick<Proposal, 'state'>): boolean {
  return state === 'proposed' || state === 'approved';
}

/** As far as can be told here; Sluice decides anew when it is done. */
export function mayAct(act: Act, { proposal, evaluation }: Pick<Schemas['SchemaChange'], 'evaluation'> & { readonly proposal: Proposal }, me: Me): May {
  if (!isOpen(proposal)) return no(`The change is ${proposal.state}.`);
  const lacks = SCOPES[act].find((scope) => !me.scopes.includes(scope));
  if (lacks !== undefined) return no(`It takes the scope ${lacks}, which you do not have.`);
  switch (act) {
    case 'comment':
      return YES;
    case 'withdraw':
      return proposal.requester.id === me.id ? YES : no(`Only ${proposal.requester.name}, who proposed it, takes it back.`);
    case 'register':
      return proposal.state !== 'approved' ? no('It is not approved yet.') : proposal.stale ? no('New findings have come up since it was approved.') : YES;
    case 'approve':
    case 'reject':
      return evaluation === null ? no('It cannot be judged now.') : byTeam(act, { proposal, agreement: evaluation.agreement }, me);
  }
}

const YES: May = { may: true, teams: [] };
const SCOPES: Readonly<Record<Act, readonly Schemas['Scope'][]>> = {
  approve: ['schema:approve'], reject: ['schema:approve'], withdraw: ['schema:propose'], register: ['schema:propose'], comment: ['lineage:read'],
};
function no(why: string): May {
  return { may: false, why };
}

function byTeam(act: 'approve' | 'reject', { proposal, agreement }: { readonly proposal: Proposal; readonly agreement: { readonly teams: readonly Asked[]; readonly blocked: readonly unknown[] } }, me: Me): May {
  if (proposal.requester.id === me.id) return no('You proposed it; somebody else must agree.');
  const mine = agreement.teams.filter(({ team }) => me.teams.includes(team));
  if (mine.length === 0) return no(agreement.teams.length === 0 ? 'No team is asked.' : `It is for ${agreement.teams.map(({ team }) => team).join(', ')} to say; you are of ${me.teams.length === 0 ? 'no team' : me.teams.join(', ')}.`);
  if (act === 'reject') return { may: true, teams: mine.map(({ team }) => team) };
  if (agreement.blocked.length > 0) return no('Something in it nobody can agree to; see above.');
  const waiting = mine.filter((asked) => asked.waiting.length > 0).map(({ team }) => team);
  return waiting.length === 0 ? no(`${mine.map(({ team }) => team).join(', ')} has agreed already.`) : { may: true, teams: waiting };
}
