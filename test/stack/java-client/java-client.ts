import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SHORT_LIVED } from '../servers/java.ts';
import { kafkaJava } from '../servers/kafka-broker.ts';

/** Kafka's own Java client in a process of its own; `KafkaClient.java` lists its commands. */
export class JavaClient {
  readonly #child;
  readonly #waiting: { resolve: (answer: string) => void; reject: (failure: Error) => void }[] = [];

  /** At the broker with this address, which needs neither SASL nor TLS. */
  constructor(address: string) {
    const { java, jars } = kafkaJava();
    const program = fileURLToPath(new URL('./KafkaClient.java', import.meta.url));
    this.#child = spawn(java, ['-Xmx128m', ...SHORT_LIVED, '-Dorg.apache.logging.log4j.level=OFF', '-cp', `${jars}/*`, program, address], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('exit', () => this.#waiting.splice(0).forEach(({ reject }) => reject(new Error('the Java client ended'))));
    createInterface(this.#child.stdout).on('line', (line) => {
      if (!line.startsWith('= ')) return;
      const asked = this.#waiting.shift();
      if (line.startsWith('= ok')) asked?.resolve(line.slice(4).trim());
      else asked?.reject(new Error(line.slice(2)));
    });
  }

  /** What one command answers; rejects when it failed. */
  ask(...words: readonly (string | number)[]): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${words.join(' ')}\n`);
    });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
