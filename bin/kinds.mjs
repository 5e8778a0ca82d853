// Lists of what there is one file or folder of each: bastion kinds, settings, kinds of database, clients. They are files of src/, for
// tests and bundles need them; this writes them anew where a file has come or gone. Each build begins with it.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
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
]

/** Writes the lists of the tree at `root` that are not as they should be. */
export function writeLists(root) {
  for (const list of LISTS) {
    const [path, text] = [join(root, list.file), textOf(list, list.found(root))]
    if (readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
  }
}

function textOf({title, list, type, of, areMany = false}, all) {
  const items = all.map(([name]) => (areMany ? `...${variable(name)}` : variable(name)))
  const declared = `export const ${type === undefined ? list : `${list}: readonly ${type}[]`} =`
  const end = areMany ? '] as const' : ']'
  const inOneLine = `${declared} [${items.join(', ')}${end}`
  return `// Written by bin/kinds.mjs, which each build runs: do not edit.
${type === undefined ? '' : `import type {${type}} from '${of}'\n`}\
${all.map(([name, path]) => `import {${variable(name)}} from '${path}'`).join('\n')}

/** ${title}, by name. */
${inOneLine.length <= 120 ? inOneLine : `${declared} [\n  ${items.join(',\n  ')},\n${end}`}
`
}

function filesOf(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  return files.map((name) => name.slice(0, -'.ts'.length)).sort()
}

/** `managed-node` → `managedNode` */
function variable(name) {
  return name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase())
}
