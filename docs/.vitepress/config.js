import { defineConfig } from 'vitepress';
import { copyLinked, linkToFiles } from './linked-files.js';

/** Pages lie above the folder in which Vue is installed, and Node would look for it above them. */
const vueOfSite = {
  name: 'vue-of-site',
  enforce: 'pre',
  resolveId(id, importer) {
    if (!/^vue($|\/)/.test(id) || !importer?.includes('.md')) return undefined;
    return this.resolve(id, import.meta.filename, { skipSelf: true });
  },
};

const page = (text, name) => ({ text, link: `/docs/${name}` });

/** Long names break behind an underscore, and nowhere else. */
function breakNames({ renderer: { rules } }) {
  const code = rules.code_inline;
  rules.code_inline = (...args) => code(...args).replace(/\B_\B/g, '_<wbr>');
}

/** The pages are those of the repository, where they are: their links lead right on GitHub, too. */
export default defineConfig({
  title: 'nameplate',
  description: 'The user-profile and user-management API that runs beside your identity provider',
  srcDir: '..',
  srcExclude: ['node_modules/**', 'src/**', 'test/**', 'bench/**', '.data/**', '**/dist/**'],
  rewrites: { 'docs/index.md': 'index.md' },
  outDir: '.vitepress/dist',
  lang: 'en',
  markdown: {
    config: (md) => {
      linkToFiles(md);
      breakNames(md);
    },
  },
  vite: { plugins: [vueOfSite] },
  buildEnd: ({ outDir }) => copyLinked(outDir),
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/README' },
      page('API rules', 'api-rules'),
      page('Operations', 'operations'),
      page('Why', 'why'),
    ],
    sidebar: [
      {
        text: 'Begin',
        items: [
          { text: 'Start', link: '/README' },
          page('Questions', 'questions'),
          page('Why beside an identity provider', 'why'),
          page('Where users come from', 'users'),
          page('Identity providers', 'identity-providers/'),
        ],
      },
      {
        text: 'Use',
        items: [
          page('API rules', 'api-rules'),
          page('Errors', 'errors'),
          page('Events', 'events'),
          page('Webhooks', 'webhooks'),
          page('Clients', 'clients'),
          { text: 'A mirror of all users', link: '/examples/mirror/README' },
        ],
      },
      {
        text: 'Run',
        items: [
          page('Operations', 'operations'),
          page('Configuration', 'configuration'),
          page('Releases', 'releases'),
          page('Metrics', 'metrics'),
          page('Traces', 'tracing'),
          page('High availability', 'high-availability'),
          page('How large it gets', 'scale'),
        ],
      },
      {
        text: 'Trust',
        items: [
          { text: 'Security', link: '/SECURITY' },
          page('What prove tries', 'prove'),
          page('Benchmarks', 'benchmarks'),
          page('Decisions', 'adr/README'),
        ],
      },
      {
        text: 'Change',
        items: [
          page('Contributing', 'CONTRIBUTING'),
          page('Dependencies', 'dependencies'),
          { text: 'Changelog', link: '/CHANGELOG' },
        ],
      },
    ],
  },
});
