/** Something to be said of a part of a text. */
export interface Anchor {
  /** A JSON pointer (RFC 6901) into the text. */
  readonly pointer: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}
