/** The tab's own: gone when it is closed, never sent to another site, never in an address. */
const KEPT_AS = 'sluice-token';

/** The API token requests are sent with, and whether Sluice refused to answer without a good one. */
class Credential {
  token = $state<string | null>(sessionStorage.getItem(KEPT_AS));
  isRefused = $state(false);
  /** Changes when somebody else asks from now on: whatever was asked is asked again. */
  turn = $state(0);

  use(token: string | null): void {
    this.token = token;
    if (token === null) sessionStorage.removeItem(KEPT_AS);
    else sessionStorage.setItem(KEPT_AS, token);
    this.isRefused = false;
    this.turn += 1;
  }
}
export const credential = new Credential();
