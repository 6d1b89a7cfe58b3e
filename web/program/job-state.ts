/** How the state of a job is shown. */
export function stateTone(state: string | null): 'ok' | 'deny' | 'warn' | 'unknown' | 'plain' {
  switch (state) {
    case null:
      return 'unknown';
    case 'RUNNING':
      return 'ok';
    case 'FAILED':
      return 'deny';
    case 'DEPLOYING':
    case 'PAUSED':
      return 'warn';
    default:
      return 'plain';
  }
}
