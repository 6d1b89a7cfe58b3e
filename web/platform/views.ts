/** What the page shows, one at a time; the first unless the address says otherwise. */
export const VIEWS = [
  { id: 'health', title: 'Health' },
  { id: 'pipelines', title: 'Pipelines' },
  { id: 'processors', title: 'Processors' },
  { id: 'connectors', title: 'Connectors' },
  { id: 'unread', title: 'Topics nobody reads' },
  { id: 'repeated', title: 'Repeated work' },
] as const;
export type ViewId = (typeof VIEWS)[number]['id'];

export function viewOf(query: URLSearchParams): ViewId {
  return VIEWS.find(({ id }) => id === query.get('view'))?.id ?? 'health';
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
/** `425 MB`; thousands, not 1,024s. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

/** A metric's name as words: `dead_letters_total` is “dead letters”. */
export function figureTitle(name: string): string {
  return name.replace(/_total$/, '').replaceAll('_', ' ');
}
