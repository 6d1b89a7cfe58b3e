export type Cell = string | number | null;

/** A column of a list: what it is called, and the plain value that sorting, filtering and export use. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly value: (row: Row) => Cell;
  /** Numbers stand right. */
  readonly numeric?: boolean;
}
export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

/** Rows in which every word of the filter occurs in some column, in the order asked for; equal rows keep their places. */
export function arranged<Row>(rows: readonly Row[], columns: readonly Column<Row>[], { filter, order }: { readonly filter: string; readonly order: Order | null }): readonly Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const kept = words.length === 0 ? rows : rows.filter((row) => words.every((word) => columns.some(({ value }) => String(value(row) ?? '').toLowerCase().includes(word))));
  const column = columns.find(({ id }) => id === order?.column);
  if (column === undefined) return kept;
  const sign = order?.descending === true ? -1 : 1;
  const valued = kept.map((row) => ({ row, value: column.value(row) }));
  return valued.sort((a, b) => sign * compared(a.value, b.value)).map(({ row }) => row);
}

/** One for all: making it is what takes long. */
const COLLATOR = new Intl.Collator('en', { numeric: true });

/** Nothing comes last among texts and numbers alike. */
function compared(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return typeof a === 'number' && typeof b === 'number' ? a - b : COLLATOR.compare(String(a), String(b));
}

/** CSV by RFC 4180. A cell that a spreadsheet would take for a formula is quoted with an apostrophe. */
export function asCsv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => String(value(row) ?? '')))];
  return lines.map((line) => line.map(csvCell).join(',')).join('\r\n') + '\r\n';
}
function csvCell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The rows of a long list that are worth drawing, and the empty space above and below, px. */
export function windowOf(count: number, view: { readonly top: number; readonly height: number; readonly rowHeight: number }): { readonly from: number; readonly to: number; readonly above: number; readonly below: number } {
  const MARGIN = 12;
  const from = Math.max(0, Math.floor(view.top / view.rowHeight) - MARGIN);
  const to = Math.min(count, Math.ceil((view.top + view.height) / view.rowHeight) + MARGIN);
  return { from, to, above: from * view.rowHeight, below: (count - to) * view.rowHeight };
}
