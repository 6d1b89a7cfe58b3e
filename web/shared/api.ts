import createClient from 'openapi-fetch';
import type { components, paths } from '../../server/http/openapi-types.ts';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

/** The HTTP API by its description; the portal uses nothing else. */
export const api = createClient<paths>({ baseUrl: '' });

/** Why there is no answer, fit to show. */
export class Failure extends Error {
  /** HTTP status; 0 when nobody answered. */
  readonly status: number;
  readonly problem: Problem | null;
  constructor(status: number, message: string, problem: Problem | null = null) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

/** The body of an answer, or a `Failure` with the server's own words. */
export async function answerOf<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Failure(0, 'Sluice does not answer. It may be restarting; this page tries again when you reload it.');
  });
  if (data !== undefined) return data;
  const problem = typeof error === 'object' && error !== null && 'detail' in error ? (error as Problem) : null;
  throw new Failure(response.status, problem?.detail ?? `HTTP ${response.status}`, problem);
}
