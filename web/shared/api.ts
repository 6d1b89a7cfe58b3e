import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from '../../server/http/openapi-types.ts';
import { credential } from './credential.svelte.ts';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

/** The HTTP API by its description; the portal uses nothing else. */
export const api = createClient<paths>({ baseUrl: '' });

const asWhoeverSignedIn: Middleware = {
  onRequest({ request }) {
    if (credential.token !== null) request.headers.set('authorization', `Bearer ${credential.token}`);
    return request;
  },
  onResponse({ request, response }) {
    // An answer to whoever was signed in before says nothing of who is now.
    const isOfNow = request.headers.get('authorization') === (credential.token === null ? null : `Bearer ${credential.token}`);
    if (response.status === 401 && isOfNow) credential.isRefused = true;
  },
};
api.use(asWhoeverSignedIn);

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
