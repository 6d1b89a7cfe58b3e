import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type AddressGuard, hostOf, type ResolvedAddress } from './address-guard.ts';
import { OutsideFailure } from './outside-failure.ts';

/** Failures to connect, before anything was sent: another address of the same name may do. */
const NOT_CONNECTED = ['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT'];

export interface GuardedPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Until an answer has begun, looking up the name included, ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Sends a body to an address that the guard lets through, to the very address it checked, and answers the status. No
 * redirect is followed, no connection kept, and of the answer nothing is read but its status. Throws an OutsideFailure.
 */
export async function guardedPost(guard: AddressGuard, post: GuardedPost): Promise<number> {
  const deadline = AbortSignal.timeout(post.timeoutMs);
  const signal = AbortSignal.any([deadline, post.signal]);
  try {
    const addresses = await Promise.race([guard.resolve(post.url), aborted(signal)]);
    return await sendToFirst(addresses, { ...post, signal });
  } catch (failure) {
    if (failure instanceof OutsideFailure) throw failure;
    if (deadline.aborted) throw new OutsideFailure('timed-out', `no answer within ${post.timeoutMs} ms`, { cause: failure });
    throw new OutsideFailure('unreachable', `it cannot be reached: ${codeOf(failure) ?? 'the connection failed'}`, { cause: failure });
  }
}

async function sendToFirst([address, ...others]: readonly ResolvedAddress[], post: GuardedPost): Promise<number> {
  if (address === undefined) throw new OutsideFailure('unreachable', 'it has no address');
  try {
    return await send(address, post);
  } catch (failure) {
    if (others.length === 0 || !NOT_CONNECTED.includes(codeOf(failure) ?? '')) throw failure;
    return sendToFirst(others, post);
  }
}

async function send({ address, family }: ResolvedAddress, { url, headers, body, signal }: GuardedPost): Promise<number> {
  const host = hostOf(url);
  const secure = url.protocol === 'https:';
  const request = (secure ? httpsRequest : httpRequest)({
    host: address, family, port: url.port === '' ? (secure ? 443 : 80) : Number(url.port), path: `${url.pathname}${url.search}`, method: 'POST', agent: false, signal,
    // Name and certificate are those of the URL, whatever address it has.
    servername: isIP(host) === 0 ? host : '',
    headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body), connection: 'close' },
  });
  try {
    request.end(body);
    const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
    return response.statusCode ?? 0;
  } finally {
    request.on('error', () => undefined);
    request.destroy();
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, 'abort');
  throw signal.reason;
}

function codeOf(failure: unknown): string | null {
  return failure instanceof Error && 'code' in failure && typeof failure.code === 'string' ? failure.code : null;
}
