// How oclif is bundled. As it is published, each of its modules loads all that it may ever need: help, templates, glob,
// spinners. Here a module is loaded when it is first used, and what no start uses is in a file of its own.

const LIBRARY = '@oclif/core/lib/'

/** Of oclif itself, what only help, colours and unexpected errors need. */
const LATER = [
  'errors/errors/pretty-print.js',
  'errors/handle.js',
  /^help\/(?!util\.js$)/,
  'util/cache-command.js',
  'util/cache-default-value.js',
  'util/read-tsconfig.js',
  /^ux\/(action\/|list|supports-color)/,
]

/** Of other packages, the few that a start runs. */
const AT_ONCE =
  /\/node_modules\/(fastest-levenshtein|get-package-type|is-docker|is-inside-container|is-wsl|wsl-utils)\//

/** What a start would otherwise pay for, and does not need. Each must be found, or the build fails. */
const CHANGES = [
  // The first `localeCompare` of a process loads the tables of ICU: 6 ms. Names of commands are ASCII.
  ['config/plugin.js', 'a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'],
  // The package that prints with DEBUG=oclif*, and the terminal's colours for it.
  [
    'logger.js',
    'const debug = (0, debug_1.default)(namespace);',
    'let print; const debug = (...words) => process.env.DEBUG && (print ??= (0, debug_1.default)(namespace))(...words);',
  ],
  // Two small functions out of all that has to do with help.
  ['main.js', /help_1\.(getHelpFlagAdditions|normalizeArgv)\b/g, 'require("./help/util").$1'],
  // `node:fs/promises`, and its threads, for two small files that nothing runs beside.
  ['util/fs.js', "await (0, promises_1.readFile)(path, 'utf8')", "(0, node_fs_1.readFileSync)(path, 'utf8')"],
  // A file more, and `child_process` for PowerShell: dbtunnel refuses Windows.
  ['util/os.js', /await import\('wsl-utils'\)/g, "require('wsl-utils')"],
  // Throws for a user without a name, as in a container. Nothing here asks which shell it is.
  ['util/os.js', /\(0, node_os_1\.userInfo\)\(\)\.shell\?\.split\(.*?\)\?\.pop\(\)/, 'undefined'],
  // A spinner, on every terminal: dbtunnel has its own progress.
  ['ux/index.js', /^exports\.action = (.*);$/m, 'const action = () => $1;'],
  ['ux/index.js', /^exports\.ux = exports\.action = /m, 'exports.ux = '],
  ['ux/index.js', 'action: exports.action,', 'get action() { return action(); },'],
]

/** Whether a module is bundled into the file that only help and the like load. */
export function isLater(id) {
  const [, module] = id.split(LIBRARY)
  if (module === undefined) return id.includes('/node_modules/') && !id.includes('@oclif/core/') && !AT_ONCE.test(id)
  return LATER.some((one) => (typeof one === 'string' ? module === one : one.test(module)))
}

/** The plugin for rolldown that does all this. `later` is the name of the chunk that `isLater` fills. */
export function oclif(later) {
  const missing = new Set(CHANGES)
  return {
    name: 'oclif',
    transform: {
      filter: {id: /\/node_modules\/(@oclif\/core\/lib|wsl-utils)\/.*\.js$/},
      handler(code, id) {
        // All that is asked of this package.
        if (id.endsWith('wsl-utils/index.js')) return /^export .* from 'is-wsl';$/m.exec(code)?.[0]
        let changed = code
        for (const change of CHANGES) {
          const [file, from, to] = change
          if (!id.endsWith(LIBRARY + file)) continue
          const before = changed
          changed = before.replace(from, to)
          if (changed !== before) missing.delete(change)
        }
        return whenUsed(changed)
      },
    },
    buildEnd(failure) {
      if (failure) return
      for (const [file, from] of missing) throw new Error(`oclif has changed: no ${String(from)} in ${file}`)
    },
    renderChunk(code) {
      const required = new RegExp(`^const (\\w+) = (require\\("\\.[^"]*/${later}\\.js"\\));\n`, 'm').exec(code)
      if (!required) return
      const [line, variable, load] = required
      return code.replace(line, '').replaceAll(`${variable}.`, `${load}.`)
    },
  }
}

/** A module in CommonJS as TypeScript emits it, so that it loads another when it first uses it. */
function whenUsed(code) {
  const required = /^(?:const|var) (\w+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm
  const names = [...code.matchAll(required)].map(([, name]) => name)
  if (names.length === 0) return code
  const used = new RegExp(`\\b(${names.join('|')})\\b(?! =)`, 'g')
  return code.replace(used, '($1())').replace(required, 'const $1 = () => $2;')
}
