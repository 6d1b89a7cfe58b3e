import type { Candidate } from '../catalog/schema-change/proposal.ts';
import { OutsideFailure } from '../outside/outside-failure.ts';
import type { Registration, RegistryClient } from './registry-client.ts';

/** Puts approved schemas into the registry, and says what became of it as a value. */
export class RegistryPublisher {
  readonly #client: Pick<RegistryClient, 'register'>;
  /** Of the registry's subjects. */
  readonly namespace: string;

  constructor(client: Pick<RegistryClient, 'register'>, namespace: string) {
    this.#client = client;
    this.namespace = namespace;
  }

  /** `unavailable`: nobody can say whether the registry took it; asking again tells. */
  async publish({ subject, schema, references }: Candidate): Promise<Registration | { readonly outcome: 'unavailable'; readonly message: string }> {
    try {
      return await this.#client.register(subject.name, { schema, references });
    } catch (failure) {
      if (failure instanceof OutsideFailure) return { outcome: 'unavailable', message: failure.message };
      throw failure;
    }
  }
}
