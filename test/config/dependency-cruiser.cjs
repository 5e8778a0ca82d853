// Which way imports may go (design: config → resolve → bastion → session → hosts → token → client).
const STAGES = ['config', 'resolve', 'bastion', 'session', 'hosts', 'token', 'client']

/** A stage may import core and itself; of the stages before it only types, of those after it nothing. */
const stageRules = STAGES.flatMap((stage, index) => {
  const after = STAGES.slice(index + 1)
  const outside = `^src/(?!core/|${stage}/)`
  return [
    {
      name: `${stage}-imports-core-and-types-of-earlier-stages`,
      severity: 'error',
      from: {path: `^src/${stage}/`},
      to: {path: outside, dependencyTypesNot: ['type-only']},
    },
    {
      name: `${stage}-knows-nothing-of-later-stages`,
      severity: 'error',
      from: {path: `^src/${stage}/`},
      to: {path: `^src/(${[...after, 'flows', 'tasks', 'present', 'commands', 'adapters'].join('|')})/`},
    },
  ]
})

module.exports = {
  forbidden: [
    {name: 'no-cycles', severity: 'error', from: {}, to: {circular: true}},
    {
      name: 'no-orphans',
      severity: 'error',
      from: {orphan: true, path: '^src/', pathNot: '^src/(commands|hooks)/'},
      to: {},
    },
    {
      name: 'core-imports-nothing',
      severity: 'error',
      from: {path: '^src/core/'},
      to: {path: '^(src/(?!core/)|node_modules/)'},
    },
    {
      name: 'adapters-import-core',
      severity: 'error',
      from: {path: '^src/adapters/'},
      to: {path: '^src/(?!core/|adapters/)'},
    },
    {
      name: 'present-imports-core',
      severity: 'error',
      from: {path: '^src/present/'},
      to: {path: '^src/(?!core/|present/)'},
    },
    {name: 'tasks-import-core', severity: 'error', from: {path: '^src/tasks/'}, to: {path: '^src/(?!core/|tasks/)'}},
    {
      name: 'flows-import-stages-and-core',
      severity: 'error',
      from: {path: '^src/flows/'},
      to: {path: '^src/(adapters|tasks|present|commands|hooks)/|^src/[^/]+$'},
    },
    {
      name: 'commands-hold-no-logic',
      severity: 'error',
      from: {path: '^src/commands/'},
      to: {path: `^src/(${STAGES.join('|')}|adapters|hooks)/`},
    },
    ...stageRules,
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
      name: 'listr2-lives-in-tasks',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/tasks/'},
      to: {path: '^node_modules/listr2/'},
    },
    {
      name: 'oclif-lives-at-the-edge',
      severity: 'error',
      from: {path: '^src/(core|flows|tasks|present|adapters|config|resolve|bastion|session|hosts|token|client)/'},
      to: {path: '^node_modules/@oclif/'},
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
