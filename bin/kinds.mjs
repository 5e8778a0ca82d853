// Lists of what there is one file or folder of each: bastion kinds, settings, kinds of database, clients, observers. They are files of
// src/, for tests and bundles need them; this writes them anew where a file has come or gone. Each build begins with it.
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

const LISTS = [
  {
    file: 'src/bastions/kinds.ts',
    title: 'Every file of kinds/',
    list: 'kinds',
    type: 'BastionKind',
    of: './kind.js',
    found: (root) => filesOf(join(root, 'src/bastions/kinds')).map((name) => [name, `./kinds/${name}.js`]),
  },
  {
    file: 'src/settings/definitions.ts',
    title: 'The settings of every file of definitions/',
    list: 'definitions',
    // Each file has several, whose own types count.
    areMany: true,
    found: (root) => filesOf(join(root, 'src/settings/definitions')).map((name) => [name, `./definitions/${name}.js`]),
  },
  {
    file: 'src/databases/kinds.ts',
    title: 'Every folder here that has a kind',
    list: 'kinds',
    type: 'DatabaseKind',
    of: './database-kind.js',
    found: (root) => foldersOf(join(root, 'src/databases'), 'kind.ts').map((name) => [name, `./${name}/kind.js`]),
  },
  {
    file: 'src/clients/kinds.ts',
    title: 'Every folder here',
    list: 'clients',
    type: 'Client',
    of: './client.js',
    found: (root) => foldersOf(join(root, 'src/clients')).map((name) => [name, `./${name}/client.js`]),
  },
  {
    file: 'src/tunnel/observers.ts',
    title: 'Every file of observers/',
    list: 'observers',
    type: 'MakeObserver',
    of: './observer.js',
    found: (root) => filesOf(join(root, 'src/tunnel/observers')).map((name) => [name, `./observers/${name}.js`]),
  },
]

/** Writes the lists of the tree at `root`, and the commands of clients, where they are not as they should be. */
export function writeLists(root) {
  for (const list of LISTS) write(join(root, list.file), textOf(list, list.found(root)))
  for (const name of foldersOf(join(root, 'src/clients'))) {
    const client = join(root, 'src/clients', name, 'client.ts')
    if (/\bterminal: /.test(readFileSync(client, 'utf8'))) write(join(root, `src/commands/${name}.ts`), commandOf(name))
  }
}

function write(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}

const WRITTEN = '// Written by bin/kinds.mjs, which each build runs: do not edit.\n'

function commandOf(name) {
  const client = variable(name)
  const Command = client.replace(/^./, (letter) => letter.toUpperCase())
  return `${WRITTEN}import {clientCommand} from '../cli/client-command.js'
import {${client}} from '../clients/${name}/client.js'

export default class ${Command} extends clientCommand(${client}) {
  async run(): Promise<void> {
    const request = await this.readWords()
    const terminal = this.openTerminal(request.flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {runTerminalClient}, {chooseProgress}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/terminal-client.js'),
      import('../present/progress/choose.js'),
    ])
    const progress = await chooseProgress(terminal, request.flags)
    this.exit(await runTerminalClient(${client}, request, openApp(terminal, request.flags), progress))
  }
}
`
}

function textOf({title, list, type, of, areMany = false}, all) {
  const items = all.map(([name]) => (areMany ? `...${variable(name)}` : variable(name)))
  const declared = `export const ${type === undefined ? list : `${list}: readonly ${type}[]`} =`
  const end = areMany ? '] as const' : ']'
  const inOneLine = `${declared} [${items.join(', ')}${end}`
  return `${WRITTEN}${type === undefined ? '' : `import type {${type}} from '${of}'\n`}\
${all.map(([name, path]) => `import {${variable(name)}} from '${path}'`).join('\n')}

/** ${title}, by name. */
${inOneLine.length <= 120 ? inOneLine : `${declared} [\n  ${items.join(',\n  ')},\n${end}`}
`
}

function filesOf(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  return files.map((name) => name.slice(0, -'.ts'.length)).sort()
}

/** Those that hold this file; all, where none is asked for. */
function foldersOf(folder, file = '.') {
  const entries = readdirSync(folder, {withFileTypes: true}).filter((entry) => entry.isDirectory())
  return entries.flatMap(({name}) => (existsSync(join(folder, name, file)) ? [name] : [])).sort()
}

/** `managed-node` → `managedNode` */
function variable(name) {
  return name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase())
}
