import ELK from 'elkjs/lib/elk.bundled.js';
import type { Drawing, Placed } from './layout.ts';

/** Layers from left to right, as data flows; a cycle is drawn with one edge against it. */
const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.layered.spacing.nodeNodeBetweenLayers': '56',
  'elk.spacing.nodeNode': '14',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
};
const elk = new ELK();

export interface LayoutAsked extends Drawing {
  readonly asked: number;
}
export interface LayoutAnswer {
  readonly asked: number;
  readonly placed: readonly Placed[];
}

addEventListener('message', ({ data: { asked, boxes, lines } }: MessageEvent<LayoutAsked>) => {
  const graph = {
    id: 'map',
    layoutOptions: OPTIONS,
    children: boxes.map(({ id, width, height }) => ({ id, width, height })),
    edges: lines.map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
  };
  void elk.layout(graph).then(({ children = [] }) => {
    const places = new Map(children.map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
    const answer: LayoutAnswer = { asked, placed: boxes.map((box) => ({ ...box, ...(places.get(box.id) ?? { x: 0, y: 0 }) })) };
    postMessage(answer);
  });
});
