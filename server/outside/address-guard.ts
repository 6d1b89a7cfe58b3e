import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { OutsideFailure } from './outside-failure.ts';

/** Addresses of IPv4 that are not of the public internet (IANA IPv4 special-purpose registry, multicast, class E). */
const PRIVATE_V4 = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24],
  ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const;
/** Of IPv6 only what is given out for the public internet, 2000::/3, less what of it stands for other addresses or for none. */
const PUBLIC_V6 = ['2000::', 3] as const;
const PRIVATE_V6 = [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const;

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}
/** All addresses of a name. */
export type Lookup = (host: string) => Promise<readonly ResolvedAddress[]>;

/** Hosts and addresses that may be reached although they are not public, and without TLS. */
export interface AllowList {
  readonly hosts: ReadonlySet<string>;
  readonly addresses: BlockList;
}
export const NOTHING_ALLOWED: AllowList = { hosts: new Set(), addresses: new BlockList() };

/** Reads `hooks.internal, 10.1.0.0/16, ::1`; what is none of them is added to `mistakes`. */
export function parseAllowList(text: string, mistakes: string[]): AllowList {
  const hosts = new Set<string>();
  const addresses = new BlockList();
  for (const item of text.split(',').map((part) => part.trim()).filter((part) => part !== '')) {
    const [address = '', prefix, ...rest] = item.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (family !== 0 && rest.length === 0 && bits >= 0 && bits <= (family === 4 ? 32 : 128)) addresses.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
    else if (prefix === undefined && /^(?!\d+(\.\d+)*$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(item)) hosts.add(item.toLowerCase());
    else mistakes.push(`"${item}" is no host, address or range such as 10.1.0.0/16`);
  }
  return { hosts, addresses };
}

/** Lets through what is sent to public addresses over TLS, and to what is listed. */
export class AddressGuard {
  readonly #allow: AllowList;
  readonly #lookup: Lookup;
  readonly #privateV4 = new BlockList();
  readonly #privateV6 = new BlockList();
  readonly #publicV6 = new BlockList();

  constructor({ allow, lookup = lookUp }: { readonly allow: AllowList; readonly lookup?: Lookup }) {
    this.#allow = allow;
    this.#lookup = lookup;
    for (const [net, bits] of PRIVATE_V4) this.#privateV4.addSubnet(net, bits, 'ipv4');
    for (const [net, bits] of PRIVATE_V6) this.#privateV6.addSubnet(net, bits, 'ipv6');
    this.#publicV6.addSubnet(...PUBLIC_V6, 'ipv6');
  }

  /** The address a text is, unless its form alone tells that nothing may be sent there; then the reason. */
  parse(text: string): URL | { readonly refusal: string } {
    const url = URL.parse(text);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') return { refusal: 'it is no http or https address' };
    if (url.username !== '' || url.password !== '') return { refusal: 'it holds a user or a password' };
    if (url.hash !== '') return { refusal: 'it has a fragment, which is never sent' };
    const host = hostOf(url);
    const family = isIP(host);
    const refusal = family === 0 ? null : this.#refusalOf(url, [{ address: host, family: family === 4 ? 4 : 6 }]);
    return refusal === null ? url : { refusal };
  }

  /** The addresses behind a URL, looked up once and each of them checked; throws an OutsideFailure when there are none to be reached. */
  async resolve(url: URL): Promise<readonly ResolvedAddress[]> {
    const host = hostOf(url);
    const family = isIP(host);
    const found = family !== 0 ? [{ address: host, family: family === 4 ? (4 as const) : (6 as const) }] : await this.#lookup(host).catch((cause: unknown) => {
      throw new OutsideFailure('unreachable', `the name ${host} cannot be resolved`, { cause });
    });
    if (found.length === 0) throw new OutsideFailure('unreachable', `the name ${host} has no address`);
    const refusal = this.#refusalOf(url, found);
    if (refusal !== null) throw new OutsideFailure('refused', `nothing is sent to ${host}: ${refusal}`);
    return found;
  }

  #refusalOf(url: URL, addresses: readonly ResolvedAddress[]): string | null {
    if (this.#allow.hosts.has(hostOf(url))) return null;
    const unlisted = addresses.filter((address) => !this.#isListed(address));
    if (unlisted.length > 0 && url.protocol !== 'https:') return 'it is not https, and not listed in SLUICE_WEBHOOK_ALLOW';
    const refused = unlisted.find((address) => !this.#isPublic(address));
    return refused === undefined ? null : `${refused.address} is not a public address, and not listed in SLUICE_WEBHOOK_ALLOW`;
  }

  #isListed({ address, family }: ResolvedAddress): boolean {
    return this.#allow.addresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }

  #isPublic({ address, family }: ResolvedAddress): boolean {
    if (family === 4) return !this.#privateV4.check(address, 'ipv4');
    return this.#publicV6.check(address, 'ipv6') && !this.#privateV6.check(address, 'ipv6');
  }
}

/** Without the brackets of IPv6. The URL parser has already written every form of an IPv4 address as four decimals. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.toLowerCase();
}

async function lookUp(host: string): Promise<readonly ResolvedAddress[]> {
  const found = await systemLookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address, family }) => ({ address, family: family === 4 ? 4 : 6 }));
}
