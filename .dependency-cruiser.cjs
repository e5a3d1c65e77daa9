/**
 * The direction of design §3: a folder may import any below it, never one above. The line is a list; one row each.
 */
const line = ['common', 'engine', 'models', 'adapters', 'composition', 'training', 'runtime'];
const sides = {
  storage: ['common', 'config', 'metrics'],
  drift: ['common'],
  database: ['common', 'config', 'metrics'],
  tenants: ['common', 'config', 'metrics', 'database'],
  registry: [
    'common',
    'config',
    'metrics',
    'database',
    'storage',
    'tenants',
    'engine',
    'models',
    'adapters',
    'composition',
  ],
};
const upper = [
  'common',
  'config',
  'metrics',
  'engine',
  'models',
  'adapters',
  'composition',
  'training',
  'runtime',
  'database',
  'storage',
  'drift',
  'tenants',
  'registry',
];
const allowed = {
  common: ['common'],
  config: ['common'],
  metrics: ['common', 'config'],
  ...Object.fromEntries(line.map((name, at) => [name, line.slice(0, at)])),
  ...sides,
  serving: upper,
  jobs: [...upper, 'serving'],
  lifecycle: [...upper, 'serving', 'jobs'],
  http: [...upper, 'serving', 'jobs', 'lifecycle'],
  console: [...upper, 'serving', 'jobs', 'lifecycle', 'http'],
  cli: [...upper, 'serving', 'jobs', 'lifecycle', 'http'],
};
const numeric = line.slice(1, 6);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-barrels', severity: 'error', from: {}, to: { path: '/index\\.ts$', pathNot: 'node_modules' } },
    ...Object.entries(allowed).map(([folder, may]) => ({
      name: `direction-${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...may].join('|')})/` },
    })),
    {
      name: 'numeric-core-is-plain',
      comment: 'Nothing up to training knows the framework, the database, the queue or the store.',
      severity: 'error',
      from: { path: `^src/(${numeric.join('|')})/` },
      to: { path: 'node_modules/(@nestjs|typeorm|pg|bullmq|minio|fastify|pino)(/|$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '\\.spec\\.ts$' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node'],
    },
  },
};
