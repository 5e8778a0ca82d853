#!/usr/bin/env node
// Bundles what is published and run into dist/: an entry for oclif, one for each command and hook, and chunks that are
// loaded when they are needed. Types are checked by `npm run types`.
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {rolldown} from 'rolldown'
import {importSource} from './import-source.mjs'
import {writeLists} from './kinds.mjs'
import {manPage} from './man-page.mjs'
import {thirdPartyNotices} from './notices.mjs'
import {isLater, oclif} from './oclif.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
writeLists('.')

const sources = readdirSync('src', {recursive: true}).filter((file) => /^(commands|hooks)\/.*\.ts$/.test(file))
const entries = ['cli/execute.ts', 'cli/help.ts', ...sources]

/** The chunk with the parts of oclif that no start uses. */
const LATER = 'oclif'

const bundle = await rolldown({
  plugins: [oclif(LATER)],
  input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), join('src', file)])),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: ['typescript'],
  resolve: {mainFields: ['module', 'main']},
  // What ws would look for in every node_modules on the way up from here: others may be able to put it there.
  transform: {
    target: 'node20.19',
    define: {'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"'},
  },
})
const {output} = await bundle.write({
  dir: 'dist',
  format: 'cjs',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  comments: {legal: false, annotation: false, jsdoc: false},
  // All that runs before a command knows that its words are right is one file: opening a file takes longer than
  // reading some more of it.
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      {name: LATER, test: isLater, tags: ['$initial']},
      {name: 'start', test: (id) => !entries.slice(1).some((file) => id.endsWith(`/src/${file}`)), tags: ['$initial']},
    ],
  },
})

// The program that sudo starts: one file, which can be copied to where root keeps its own.
const helper = 'hosts-helper.cjs'
const privileged = await rolldown({
  input: 'bin/hosts-helper.mts',
  platform: 'node',
  external: (id) => !/^(\.|\/|bin\/)/.test(id),
  transform: {target: 'node20.19'},
})
await privileged.write({file: join('dist', helper), format: 'cjs', comments: false})

// For editors, made of what checks the config files.
const {jsonSchemas} = await importSource('src/settings/config-file/json-schema.ts')
const schemaFiles = Object.entries(jsonSchemas())
for (const [name, schema] of schemaFiles) writeFileSync(join('dist', name), `${JSON.stringify(schema, undefined, 2)}\n`)

// The manifest that is committed: .ci/run holds it to the commands.
const manual = 'dbtunnel.1'
const {commands} = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'))
writeFileSync(join('dist', manual), manPage(JSON.parse(readFileSync('package.json', 'utf8')), commands))

const modules = output.flatMap((chunk) => Object.entries(chunk.modules ?? {}))
const bundled = modules.filter(([, {renderedLength}]) => renderedLength > 0).map(([path]) => path)
const notices = 'third-party-notices.txt'
writeFileSync(join('dist', notices), thirdPartyNotices(bundled))

// Only now, and one by one: a dbtunnel that runs meanwhile finds its files.
const written = new Set([
  notices,
  helper,
  manual,
  ...schemaFiles.map(([name]) => name),
  ...output.map(({fileName}) => fileName),
])
for (const file of readdirSync('dist', {recursive: true, withFileTypes: true})) {
  const path = join(file.parentPath, file.name)
  if (file.isFile() && !written.has(path.slice('dist/'.length))) rmSync(path)
}
