// How oclif is bundled so that dbtunnel starts fast: docs/decisions/002-oclif-start-up.md. Nothing here depends on how
// oclif's code is written. Where oclif changes, the build warns, and dbtunnel starts more slowly.
import {fileURLToPath} from 'node:url'
import {lazyRequire} from './lazy-require.mjs'
import {applyEdits, parseModule, walk} from './syntax-tree.mjs'

const LIBRARY = '/node_modules/@oclif/core/lib/'

/** The modules of oclif that only help, colours and unexpected errors need. */
const LATER = [
  'errors/errors/pretty-print.js',
  'errors/handle.js',
  /^help\/(?!(util|index|formatter)\.js$)/,
  'util/cache-command.js',
  'util/cache-default-value.js',
  'util/read-tsconfig.js',
  /^ux\/(list|supports-color)/,
]

/** The few other packages that each start needs. */
const AT_ONCE = /\/node_modules\/(fastest-levenshtein|get-package-type)\//

/** What oclif gets when it asks for a module: a file of bin/oclif, or another module of its own. */
const SWAPPED = new Map([
  ['debug', 'debug.cjs'],
  ['node:fs/promises', 'fs-promises.cjs'],
  ['node:os', 'os.cjs'],
  ['wsl-utils', 'wsl-utils.mjs'],
  // oclif makes a spinner at each start on a terminal. dbtunnel shows its own progress.
  ['./action/spinner', './action/simple'],
])

const WITHOUT_ICU = 'localeCompare'

/** Whether a module belongs in the file that only help and the like load. */
export function isLater(id) {
  const [, module] = id.split(LIBRARY)
  if (module === undefined) return id.includes('/node_modules/') && !id.includes('@oclif/core/') && !AT_ONCE.test(id)
  return LATER.some((one) => (typeof one === 'string' ? module === one : one.test(module)))
}

/** The plugin for rolldown. `later` is the name of the chunk that `isLater` fills. */
export function oclif(later) {
  const unused = new Set([...SWAPPED.keys(), WITHOUT_ICU])
  return {
    name: 'oclif',
    resolveId(source, importer) {
      const other = importer?.includes(LIBRARY) ? SWAPPED.get(source) : undefined
      if (!other) return undefined
      unused.delete(source)
      return other.startsWith('.')
        ? this.resolve(other, importer)
        : fileURLToPath(new URL(`oclif/${other}`, import.meta.url))
    },
    transform: {
      filter: {id: /\/node_modules\/@oclif\/core\/lib\/.*\.js$/},
      handler(code) {
        const sorted = compareByCodeUnits(code)
        if (sorted !== code) unused.delete(WITHOUT_ICU)
        return lazyRequire(sorted)
      },
    },
    buildEnd(failure) {
      if (failure) return
      for (const name of unused) this.warn(`oclif no longer uses ${name}: bin/oclif.mjs need not change it.`)
    },
    renderChunk: (code) => lazyRequire(code, (source) => source.endsWith(`/${later}.js`)),
  }
}

/**
 * Makes `a.localeCompare(b)` a comparison of code units. oclif sorts the names of commands, which are ASCII, and the
 * first `localeCompare` of a process takes 6 ms, because it loads the tables of ICU.
 */
function compareByCodeUnits(code) {
  const program = code.includes(`.${WITHOUT_ICU}(`) && parseModule(code)
  if (!program) return code
  const edits = []
  walk(program, (node) => {
    if (node.type !== 'CallExpression' || node.arguments.length !== 1) return
    const {
      callee,
      arguments: [other],
    } = node
    if (callee.type !== 'MemberExpression' || callee.property.name !== WITHOUT_ICU) return
    edits.push({at: node.start, text: '((a, b) => (a < b ? -1 : a > b ? 1 : 0))('})
    edits.push({at: callee.object.end, to: other.start, text: ', '})
  })
  return applyEdits(code, edits)
}
