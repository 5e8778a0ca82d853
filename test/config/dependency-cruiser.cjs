// Which way imports may go (docs/architecture.md): each part may use what is named beside it, and nothing else.

/** From a tunnel's flow down to facts about databases: each may use all below it. */
const DOWN = ['flows', 'tunnel', 'links', 'bastions', 'targets', 'databases']

/** Besides core, which every part but itself may use. */
const MAY_USE = {
  commands: ['app', 'cli', 'clients', 'flows', 'present'],
  hooks: ['cli', 'present'],
  app: ['adapters'],
  cli: ['settings', 'clients', 'databases', 'present', 'adapters/terminal'],
  ...Object.fromEntries(DOWN.map((part, index) => [part, DOWN.slice(index + 1)])),
  hosts: [],
  clients: ['databases'],
  // Of the parts that a setting is for, its own words alone.
  settings: [
    'bastions/rule',
    'databases/session-limits',
    'databases/tls-mode',
    'hosts/name-mode',
    'links/session/carrier-choice',
  ],
  present: [],
  adapters: [],
  core: [],
}
MAY_USE.flows.push('clients', 'hosts', 'settings')
MAY_USE.tunnel.push('hosts', 'settings')

const parts = Object.entries(MAY_USE).map(([part, others]) => {
  const allowed = [part, 'core', ...others].map((path) => `${path}[/.]`).join('|')
  return {
    name: `${part}-uses-only-what-it-may`,
    severity: 'error',
    from: {path: `^src/${part}/`},
    to: {path: `^src/(?!${allowed})`},
  }
})

/** What others may use of the sandbox: the entries of its package. */
const {exports: entries} = require('../sandbox/package.json')
const ENTRIES = Object.values(entries).map((file) => file.replace(/^\.\//, '').replace(/\.ts$/, ''))

module.exports = {
  forbidden: [
    ...parts,
    {name: 'no-file-outside-a-part', severity: 'error', from: {}, to: {path: '^src/[^/]+\\.ts$'}},
    {
      name: 'bastion-kinds-do-not-know-each-other',
      comment: 'Each is one file, which another one can be put beside.',
      severity: 'error',
      from: {path: '^src/bastions/', pathNot: '^src/bastions/kinds\\.ts$'},
      to: {path: '^src/bastions/kinds/'},
    },
    {
      name: 'database-kinds-do-not-know-each-other',
      severity: 'error',
      from: {path: '^src/databases/(?!kinds\\.ts$)([^/]+)'},
      to: {path: '^src/databases/[^/]+/', pathNot: '^src/databases/($1|mysql-family)/'},
    },
    {
      name: 'only-databases-know-their-kinds',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/databases/'},
      to: {path: '^src/databases/[^/]+/'},
    },
    {
      name: 'clients-do-not-know-each-other',
      severity: 'error',
      from: {path: '^src/clients/(?!kinds\\.ts$)([^/]+)'},
      to: {path: '^src/clients/[^/]+/', pathNot: '^src/clients/$1/'},
    },
    {
      name: 'only-its-command-knows-a-client',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/clients/'},
      to: {path: '^src/clients/[^/]+/', pathNot: '^src/clients/[^/]+/client\\.ts$'},
    },
    {name: 'no-cycles', severity: 'error', from: {}, to: {circular: true}},
    {
      name: 'no-orphans',
      severity: 'error',
      from: {orphan: true, path: '^src/', pathNot: '^src/(commands|hooks)/'},
      to: {},
    },
    {
      name: 'commands-hold-no-logic',
      severity: 'error',
      from: {path: '^src/commands/'},
      to: {path: '^src/core/(?!results/)'},
    },
    {name: 'core-needs-no-package', severity: 'error', from: {path: '^src/core/'}, to: {path: '^node_modules/'}},
    {
      name: 'side-effects-live-in-adapters',
      comment: 'The AWS SDK, processes, files and sockets are reached through ports.',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/adapters/'},
      to: {
        path: '^(node:)?(child_process|fs|fs/promises|net|tls|http|https|http2|dgram|worker_threads)$|^node_modules/(@aws-sdk|@smithy|@aws-crypto|ws|hostile)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'listr2-draws-progress',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/present/progress/'},
      to: {path: '^node_modules/listr2/'},
    },
    {
      name: 'oclif-lives-at-the-edge',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/(cli|commands|hooks)/'},
      to: {path: '^node_modules/@oclif/'},
    },
    {
      name: 'the-sandbox-is-used-by-its-entries',
      comment: 'They stand in test/sandbox/package.json.',
      severity: 'error',
      from: {path: '^(test|bin)/', pathNot: '^test/sandbox/'},
      to: {path: `^test/sandbox/(?!package\\.json$|(${ENTRIES.join('|')})\\.ts$)`},
    },
    {
      name: 'the-sandbox-does-not-use-src',
      comment: 'It must be right where src is wrong. Only the stand-in of the plugin carries data as src does.',
      severity: 'error',
      from: {path: '^test/sandbox/(?!plugin/)', pathNot: '\\.test\\.ts$'},
      to: {path: '^src/'},
    },
    {name: 'src-knows-no-test', severity: 'error', from: {path: '^(src|bin)/'}, to: {path: '^test/'}},
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: 'specify',
    tsConfig: {fileName: 'tsconfig.json'},
    exclude: {path: '^dist/'},
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
