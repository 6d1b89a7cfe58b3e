import type { Schemas } from '../shared/api.ts';

type LineageMap = Schemas['LineageMap'];
export type MapNode = LineageMap['nodes'][number];

/** Sizes of what is drawn, px. */
export const CARD = { width: 248, head: 44, row: 20, foot: 8 } as const;
export const PILL = { width: 208, height: 30 } as const;
const GROUP = { width: 196, height: 26 } as const;

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
  /** By owner, largest first. */
  readonly owners: readonly { readonly owner: string | null; readonly count: number }[];
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
    ...hidden.map((group): Box => ({ id: groupId(group), ...GROUP, content: { kind: 'group', group } })),
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
    const owners = side.map(({ owner, count }) => ({ owner, count })).sort((a, b) => b.count - a.count);
    return [{ node: first.node, direction: first.direction, count: owners.reduce((sum, { count }) => sum + count, 0), owners }];
  });
}

/** `37 more`, and whose they are where few own them. */
export function groupText({ count, owners }: HiddenGroup): string {
  const [first] = owners;
  if (owners.length === 1 && first !== undefined) return `${count.toLocaleString('en')} more of ${first.owner ?? 'no owner'}`;
  return `${count.toLocaleString('en')} more of ${owners.length} teams`;
}

/** A name in so many characters of a fixed width; the middle goes, for the end tells most. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const tail = Math.ceil((length - 1) * 0.6);
  return `${text.slice(0, length - 1 - tail)}…${text.slice(-tail)}`;
}
