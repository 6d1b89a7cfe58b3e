import type { Schemas } from '../shared/api.ts';

type LineageMap = Schemas['LineageMap'];
export type MapNode = LineageMap['nodes'][number];

/** Sizes of what is drawn, px. */
export const CARD = { width: 248, head: 44, row: 20, foot: 8 } as const;
export const PILL = { width: 208, height: 30 } as const;
const GROUP = { width: 196, wide: 308, height: 26 } as const;
/** Room for a character of a group's text, px. */
export const GROUP_CHARACTER = 7;

/** Something drawn, with its size; a layout gives it a place. */
export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly content: { readonly kind: 'node'; readonly node: MapNode } | { readonly kind: 'group'; readonly group: HiddenGroup };
}
export interface HiddenGroup {
  readonly node: string;
  readonly direction: 'upstream' | 'downstream';
  readonly count: number;
  /** By owner, as far as owners were looked up; largest first. */
  readonly owners: readonly { readonly owner: string | null; readonly count: number }[];
  /** Those whose owners were not. */
  readonly unlooked: number;
}
export interface Line {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}
export interface Drawing {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}
export interface Placed extends Box {
  readonly x: number;
  readonly y: number;
}

/** What is to be placed: cards for datasets, pills for programs, and one for what is hidden at each side of a node. */
export function drawingOf(map: LineageMap): Drawing {
  const hidden = hiddenGroups(map);
  const boxes: Box[] = [
    ...map.nodes.map((node): Box => ({ id: node.key, ...sizeOf(node), content: { kind: 'node', node } })),
    ...hidden.map((group): Box => ({ id: groupId(group), width: group.unlooked > 0 ? GROUP.wide : GROUP.width, height: GROUP.height, content: { kind: 'group', group } })),
  ];
  const lines = [
    ...map.edges.map(({ from, to }): Line => ({ id: `${from} ${to}`, from, to })),
    ...hidden.map((group): Line => (group.direction === 'downstream' ? { id: groupId(group), from: group.node, to: groupId(group) } : { id: groupId(group), from: groupId(group), to: group.node })),
  ];
  return { boxes, lines };
}

export function groupId({ node, direction }: Pick<HiddenGroup, 'node' | 'direction'>): string {
  return `${direction} of ${node}`;
}

function sizeOf({ kind, fields, fieldTotal }: MapNode): { readonly width: number; readonly height: number } {
  if (kind !== 'dataset') return PILL;
  const rows = fields.length + (fieldTotal > fields.length ? 1 : 0);
  return { width: CARD.width, height: CARD.head + rows * CARD.row + (rows > 0 ? CARD.foot : 0) };
}

function hiddenGroups({ groups }: LineageMap): HiddenGroup[] {
  const bySide = Map.groupBy(groups, groupId);
  return [...bySide.values()].flatMap((side) => {
    const [first] = side;
    if (first === undefined) return [];
    const owners = side.filter(({ looked }) => looked).map(({ owner, count }) => ({ owner, count })).sort((a, b) => b.count - a.count);
    const unlooked = total(side.filter(({ looked }) => !looked));
    return [{ node: first.node, direction: first.direction, count: total(side), owners, unlooked }];
  });
}

function total(counted: readonly { readonly count: number }[]): number {
  return counted.reduce((sum, { count }) => sum + count, 0);
}

/** `37 more`, and whose they are, as far as somebody looked. */
export function groupText({ count, owners, unlooked }: HiddenGroup): string {
  const more = `${inFigures(count)} more`;
  if (unlooked > 0) return `${more}, owners of ${inFigures(unlooked)} not looked up`;
  const teams = owners.flatMap(({ owner }) => owner ?? []);
  const [team] = teams;
  if (team === undefined) return `${more} of no owner`;
  return `${more} of ${teams.length === 1 ? team : `${teams.length} teams`}${teams.length < owners.length ? ' or no owner' : ''}`;
}

/** How many of them are whose, a line for each owner. */
export function groupLines({ owners, unlooked }: HiddenGroup): string[] {
  const owned = owners.map(({ owner, count }) => `${inFigures(count)} of ${owner ?? 'no owner'}`);
  return unlooked === 0 ? owned : [...owned, `${inFigures(unlooked)} whose owners were not looked up`];
}

function inFigures(count: number): string {
  return count.toLocaleString('en');
}

/** A name in so many characters of a fixed width; the middle goes, for the end tells most. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const tail = Math.ceil((length - 1) * 0.6);
  return `${text.slice(0, length - 1 - tail)}…${text.slice(-tail)}`;
}
