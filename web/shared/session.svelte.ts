import { answerOf, api, type Schemas } from './api.ts';
import { Remote } from './remote.svelte.ts';

/** Who looks at the portal; every part of it shows and offers what this person may do. */
export class Session {
  readonly me = new Remote<Schemas['Me']>();

  /** To be called in an effect: it asks again when somebody else signs in. */
  ask(): void {
    void this.me.ask((signal) => answerOf(api.GET('/v1/me', { signal })));
  }
}
