/** What a person sees when Sluice has come up: where it is, and what to try. */
export function welcome(address: string, sample: boolean): string {
  const head = ['', `Sluice answers at ${address}`, `  API documentation   ${address}/docs`, `  readiness           ${address}/readyz`, ''];
  const tries = [
    'A sample platform is loaded. In another terminal, try',
    '  a search            npm run --silent sluice -- search payments',
    '  an impact question  npm run --silent sluice -- impact kafka://main/payments amount',
    '  a gate call, denied npm run --silent sluice -- gate check ingest/demo/gate-denied.json',
    '',
  ];
  return [...head, ...(sample ? tries : []), ''].join('\n');
}
