/**
 * Who may import whom (docs/architecture.md has the same table in words). A request travels one way
 * through the rooms; a later room never calls an earlier one.
 */
const only = (from, allowed, comment) => ({
  name: `${from.replace(/\W+/g, '-')}-imports`,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed] },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: ['\\.d\\.ts$', '\\.test\\.ts$', '^src/library/web/vite\\.config\\.ts$'],
      },
      to: {},
    },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      // Vite puts what the page needs into its bundle.
      from: { path: '^src/', pathNot: ['\\.test\\.ts$', '^src/library/web/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-undeclared-dependency',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-test-in-product',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^test/', '^bench/', '\\.test\\.ts$'] },
    },
    only('shared', [], 'shared stands on nothing of ours'),
    only('stix', ['^src/shared/'], 'STIX is pure vocabulary'),
    only('state', ['^src/shared/'], 'state knows records and bytes, not what they mean'),
    only('dead-letters', ['^src/shared/', '^src/state/port\\.ts$'], 'bytes and why they could not be read'),
    only('observability', ['^src/shared/'], ''),
    only(
      'config',
      ['^src/shared/', '^src/stix/markings\\.ts$', '^src/virustotal/exclusion-entry\\.ts$'],
      'the one place that knows every option',
    ),
    only(
      'virustotal',
      ['^src/shared/', '^src/state/port\\.ts$'],
      'the client knows nothing of STIX or of the platform',
    ),
    only(
      'mapping',
      [
        '^src/shared/',
        '^src/stix/',
        '^src/virustotal/schema[-\\w]*\\.ts$',
        '^src/virustotal/(gui-link|object-id)\\.ts$',
      ],
      'mapping is pure: reports in, STIX objects out',
    ),
    only(
      'enrichment',
      ['^src/shared/', '^src/stix/', '^src/mapping/', '^src/virustotal/', '^src/state/port\\.ts$'],
      'enrichment never knows the platform',
    ),
    only(
      'platform',
      ['^src/shared/', '^src/stix/', '^src/enrichment/(request|outcome|ports)\\.ts$'],
      'the platform never knows VirusTotal or the mapping',
    ),
    only(
      'library/store',
      ['^src/shared/', '^src/library/(ioc|verdict)/'],
      'the library in SQL: rows and queries, not what is done with them',
    ),
    only(
      'library/accounts',
      ['^src/shared/', '^src/library/store/'],
      'who may do what: it never knows a request',
    ),
    only(
      'simulators',
      ['^src/shared/'],
      'simulators share no code with the clients, so that they cannot share their mistakes',
    ),
    only(
      'library/ioc',
      ['^src/shared/', '^src/stix/', '^src/virustotal/(schema|object-id|domain-name|ip-address)\\.ts$'],
      'what an IOC is: pure; how values are checked is known where they are looked up',
    ),
    only(
      'library/verdict',
      [
        '^src/shared/',
        '^src/mapping/',
        '^src/virustotal/(schema[-\\w]*|gui-link)\\.ts$',
        '^src/library/ioc/',
      ],
      'pure: reports in, what people read out',
    ),
    only(
      'library/export',
      [
        '^src/shared/',
        '^src/stix/',
        '^src/virustotal/schema\\.ts$',
        '^src/mapping/(context|plain-text|parts/related-(graph|rules))\\.ts$',
        '^src/library/(ioc/|verdict/badge\\.ts$)',
      ],
      'pure: IOCs in, text out',
    ),
    only(
      'library/sending',
      ['^src/shared/', '^src/stix/', '^src/library/export/'],
      'IOCs to a platform that app knows the way to',
    ),
    only(
      'library/look-up',
      [
        '^src/shared/',
        '^src/state/port\\.ts$',
        '^src/observability/health\\.ts$',
        '^src/virustotal/',
        '^src/library/(ioc|verdict|store)/',
      ],
      'the key, look-ups and jobs; the client is handed in',
    ),
    only(
      'library/http',
      ['^src/shared/', '^src/virustotal/schema\\.ts$', '^src/library/(?!web/)'],
      'routes over the other rooms of the library',
    ),
    only('library/web', [], 'the page speaks the REST API alone'),
    {
      name: 'undici-by-its-parts',
      comment: 'its entry point takes 9 MB more (ADR 16); types cost nothing',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/shared/undici', '^src/simulators/', '\\.test\\.ts$'] },
      to: { path: 'node_modules/undici/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'app-imports',
      severity: 'error',
      from: { path: '^src/app/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(cli|simulators)/' },
    },
    {
      name: 'simulators-only-for-demo',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/simulators/', '^src/cli/(demo|library/simulator)', '\\.test\\.ts$'],
      },
      to: { path: '^src/simulators/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
