import { expect, test } from 'vitest';
import { AddressGuard, parseAllowList } from '../../server/outside/address-guard.ts';

const allowing = (text: string) => parseAllowList(text, []);
/** Names of a resolver that is under somebody else's hand. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'public.example': ['93.184.215.14', '2606:2800:21f:cb07::1'], 'loopback.example': ['127.0.0.1'], 'mixed.example': ['93.184.215.14', '10.0.0.7'], 'metadata.example': ['169.254.169.254'],
  'mapped.example': ['::ffff:10.0.0.7'], 'ula.example': ['fd00::1'], 'hooks.internal': ['10.1.2.3'], 'odd.example': ['fe80::1%eth0'], 'nowhere.example': [],
};
const guardWith = (allow: string) => new AddressGuard({
  allow: allowing(allow),
  lookup: (host) => (NAMES[host] === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(NAMES[host].map((address) => ({ address, family: address.includes(':') ? 6 as const : 4 as const })))),
});
/** What becomes of an address: null when it may be sent to. */
async function refusal(text: string, allow = ''): Promise<string | null> {
  const guard = guardWith(allow);
  const url = guard.parse(text);
  if (!(url instanceof URL)) return url.refusal;
  return guard.resolve(url).then(() => null, (failure: Error) => failure.message);
}

test.each([
  'https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f000001/', 'https://0177.0.0.1/', 'https://0x7f.1/', 'https://127.255.255.254:8443/',
  'https://0.0.0.0/', 'https://0/', 'https://10.0.0.1/', 'https://100.64.0.1/', 'https://169.254.169.254/latest/meta-data', 'https://172.16.0.1/', 'https://172.31.255.255/',
  'https://192.0.0.1/', 'https://192.168.0.1/', 'https://198.18.0.1/', 'https://224.0.0.1/', 'https://240.0.0.1/', 'https://255.255.255.255/', 'https://１２７.0.0.1/', 'https://127。0。0。1/',
  'https://[::1]/', 'https://[::]/', 'https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'https://[::ffff:8.8.8.8]/', 'https://[::127.0.0.1]/', 'https://[64:ff9b::7f00:1]/', 'https://[fe80::1]/', 'https://[fc00::1]/',
  'https://[fdff::1]/', 'https://[fec0::1]/', 'https://[ff02::1]/', 'https://[100::1]/', 'https://[2001::1]/', 'https://[2001:db8::1]/', 'https://[2002:7f00:1::1]/', 'https://[3fff::1]/',
  'https://loopback.example/', 'https://metadata.example/', 'https://mapped.example/', 'https://ula.example/', 'https://mixed.example/', 'https://LOOPBACK.example/',
])('sends nothing to %s, whatever it is written as or resolves to', async (text) => {
  expect(await refusal(text)).toMatch(/is not a public address/);
});

test.each([
  ['http://public.example/', /not https/], ['http://93.184.215.14/', /not https/], ['ftp://public.example/', /no http or https/], ['file:///etc/passwd', /no http or https/], ['nonsense', /no http or https/], ['https://', /no http or https/],
  ['https://user@public.example/', /user or a password/], ['https://public.example@127.0.0.1/', /user or a password/], ['https://user:secret@public.example/', /user or a password/], ['https://public.example/#x', /fragment/],
  ['https://nowhere.example/', /has no address/], ['https://unheard.example/', /cannot be resolved/], ['https://[fe80::1%25eth0]/', /no http or https/],
])('says why nothing is sent to %s', async (text, expected) => {
  expect(await refusal(text)).toMatch(expected);
});

test('an address that the resolver makes up and nobody can read is not sent to', async () => {
  await expect(refusal('https://odd.example/')).resolves.not.toBeNull();
});

test('sends to public addresses over TLS, all of which were checked', async () => {
  const guard = guardWith('');
  expect(await refusal('https://public.example/x?y=z')).toBeNull();
  expect(await refusal('https://93.184.215.14:8443/')).toBeNull();
  expect(await refusal('https://[2606:2800:21f:cb07::1]/')).toBeNull();
  expect(await guard.resolve(guard.parse('https://public.example/') as URL)).toEqual([{ address: '93.184.215.14', family: 4 }, { address: '2606:2800:21f:cb07::1', family: 6 }]);
});

test('what is listed may be private and without TLS, and nothing beside it', async () => {
  expect(await refusal('http://hooks.internal/', 'hooks.internal')).toBeNull();
  expect(await refusal('http://hooks.internal/', '10.1.0.0/16')).toBeNull();
  expect(await refusal('https://hooks.internal/', '10.2.0.0/16')).toMatch(/10\.1\.2\.3 is not a public address/);
  expect(await refusal('http://mixed.example/', '10.0.0.0/8')).toMatch(/not https/);
  expect(await refusal('https://mixed.example/', '10.0.0.0/8')).toBeNull();
  expect(await refusal('http://sub.hooks.internal/', 'hooks.internal')).toMatch(/cannot be resolved/);
  expect(await refusal('http://[::1]:8080/', '::1')).toBeNull();
  expect(await refusal('https://127.0.0.1/', 'localhost')).toMatch(/not a public/);
});

test('reads a list of hosts, addresses and ranges, and names what is none of them', () => {
  const mistakes: string[] = [];
  const { hosts } = parseAllowList(' Hooks.internal, 10.0.0.0/8,::1, 10.0.0.0/33, 10.0.0.0/x, 300.1.1.1, host/8, http://x ,', mistakes);
  expect([...hosts]).toEqual(['hooks.internal']);
  expect(mistakes.map((mistake) => mistake.split('"')[1])).toEqual(['10.0.0.0/33', '10.0.0.0/x', '300.1.1.1', 'host/8', 'http://x']);
});
