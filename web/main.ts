import '@fontsource-variable/source-sans-3/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './shared/tokens.css';
import './shared/base.css';
import { mount } from 'svelte';
import App from './App.svelte';

/** Letters that come late move what is read already; later than this, what can be read counts for more, ms. */
const LETTERS_MS = 300;

async function start(): Promise<void> {
  const target = document.getElementById('app');
  if (target === null) throw new Error('the page has no place for the portal');
  const letters = ['"Source Sans 3 Variable"', '"JetBrains Mono Variable"'].map((family) => document.fonts.load(`15px ${family}`));
  await Promise.race([Promise.allSettled(letters), new Promise((resolve) => setTimeout(resolve, LETTERS_MS))]);
  mount(App, { target });
}
void start();
