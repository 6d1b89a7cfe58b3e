import type { Route } from './shared/routes.ts';

/** Every page; a new one is a line here. */
export const ROUTES: readonly Route[] = [
  { pattern: '/', section: 'search', load: () => import('./home/HomePage.svelte') },
  { pattern: '/search', section: 'search', load: () => import('./search/SearchPage.svelte') },
  { pattern: '/datasets/:namespace/:name', section: 'search', isTimed: true, load: () => import('./dataset/DatasetPage.svelte') },
  { pattern: '/jobs/:namespace/:name', section: 'search', isTimed: true, load: () => import('./program/ProgramPage.svelte') },
  { pattern: '/consumers/:namespace/:name', section: 'search', isTimed: true, load: () => import('./program/ProgramPage.svelte') },
  { pattern: '/subjects/:namespace/:name', section: 'search', load: () => import('./subject/SubjectPage.svelte') },
  { pattern: '/pipelines/:namespace/:name', section: 'platform', load: () => import('./platform/JobHolderPage.svelte') },
  { pattern: '/processors/:namespace/:name', section: 'platform', load: () => import('./platform/JobHolderPage.svelte') },
  { pattern: '/lineage', section: 'lineage', isTimed: true, load: () => import('./lineage/LineagePage.svelte') },
  { pattern: '/impact', section: 'lineage', load: () => import('./impact/ImpactPage.svelte') },
  { pattern: '/changes', section: 'changes', load: () => import('./changes/ChangesPage.svelte') },
  { pattern: '/changes/new', section: 'changes', load: () => import('./changes/NewChangePage.svelte') },
  { pattern: '/changes/:changeId', section: 'changes', load: () => import('./changes/ChangePage.svelte') },
  { pattern: '/gate', section: 'gate', load: () => import('./gate/DecisionsPage.svelte') },
  { pattern: '/gate/:decisionId', section: 'gate', load: () => import('./gate/DecisionPage.svelte') },
  { pattern: '/platform', section: 'platform', load: () => import('./platform/PlatformPage.svelte') },
];

/** The rail. */
export const SECTIONS: readonly { readonly id: string; readonly title: string; readonly href: string }[] = [
  { id: 'search', title: 'Search', href: '/search' },
  { id: 'lineage', title: 'Lineage', href: '/lineage' },
  { id: 'changes', title: 'Changes', href: '/changes' },
  { id: 'gate', title: 'Gate', href: '/gate' },
  { id: 'platform', title: 'Platform', href: '/platform' },
];
