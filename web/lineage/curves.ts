import { CARD, type Placed } from './layout.ts';
import type { FieldEdge } from './lit-path.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
/** What is placed, by id. */
export type Places = ReadonlyMap<string, Placed>;
/** The line of a value from field to field. */
export interface FieldLine {
  readonly edge: FieldEdge;
  /** The `d` of an SVG path. */
  readonly d: string;
  /** Beside the field that the value goes to, where a word about it has room. */
  readonly label: Point;
}

const LEAST_BEND = 24;
const LABEL_BEFORE = 12;

/** A line that leaves to the right and comes in from the left, wherever its ends are. */
export function curve(from: Point, to: Point): string {
  const bend = Math.max(LEAST_BEND, Math.abs(to.x - from.x) / 2);
  return `M${from.x},${from.y} C${from.x + bend},${from.y} ${to.x - bend},${to.y} ${to.x},${to.y}`;
}

/** From one thing placed to another, at their heads; null where one is not. */
export function lineBetween(from: string, to: string, places: Places): string | null {
  const [a, b] = [places.get(from), places.get(to)];
  return a === undefined || b === undefined ? null : curve({ x: a.x + a.width, y: a.y + headOf(a) }, { x: b.x, y: b.y + headOf(b) });
}
function headOf({ height }: Placed): number {
  return Math.min(height, CARD.head) / 2;
}

/** The lines of values, each through the program that moves it, on a track of its own there so that it can be followed. */
export function fieldLines(edges: readonly FieldEdge[], places: Places): FieldLine[] {
  const drawn = edges.filter((edge) => rowOf(edge.from, edge.fromPath, places) !== null && rowOf(edge.to, edge.toPath, places) !== null);
  const tracks = Map.groupBy(drawn, ({ via }) => via ?? '');
  return drawn.map((edge) => lineOf(edge, tracks.get(edge.via ?? '') ?? [], places));
}

function lineOf(edge: FieldEdge, beside: readonly FieldEdge[], places: Places): FieldLine {
  const [a, b] = [rowOf(edge.from, edge.fromPath, places), rowOf(edge.to, edge.toPath, places)];
  if (a === null || b === null) throw new Error('a line is drawn between rows that are');
  const [from, to] = [{ x: a.box.x + a.box.width, y: a.y }, { x: b.box.x, y: b.y }];
  const label = { x: to.x - LABEL_BEFORE, y: to.y - 3 };
  const program = places.get(edge.via ?? '');
  if (program === undefined) return { edge, d: curve(from, to), label };
  const y = program.y + (program.height * (beside.indexOf(edge) + 1)) / (beside.length + 1);
  return { edge, d: `${curve(from, { x: program.x, y })} H${program.x + program.width} ${curve({ x: program.x + program.width, y }, to)}`, label };
}

function rowOf(key: string, path: string, places: Places): { readonly box: Placed; readonly y: number } | null {
  const box = places.get(key);
  const row = box?.content.kind === 'node' ? box.content.node.fields.indexOf(path) : -1;
  return box === undefined || row < 0 ? null : { box, y: box.y + CARD.head + (row + 0.5) * CARD.row };
}
