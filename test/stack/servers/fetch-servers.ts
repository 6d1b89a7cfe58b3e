import { missingForConnectors, missingForGraph, missingForStory } from './missing-part.ts';

/** Fetches what test files need before the first of them runs: two that fetch the same at once would spoil it for each other. */
export default function fetchServers(): void {
  missingForStory();
  missingForConnectors();
  missingForGraph();
}
