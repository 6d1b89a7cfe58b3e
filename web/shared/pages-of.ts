interface Page {
  readonly nextCursor: string | null;
}

/** The pages of an answer one after the other; from its beginning unless told where to go on, where null is its end. */
export async function* pagesOf<P extends Page>(ask: (from: { cursor?: string }) => Promise<P>, goOn: string | null = ''): AsyncGenerator<P> {
  for (let cursor = goOn; cursor !== null; ) {
    const page: P = await ask(cursor === '' ? {} : { cursor });
    yield page;
    cursor = page.nextCursor;
  }
}
