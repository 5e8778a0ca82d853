// Lists of what there is one file or folder of each: bastion kinds, kinds of database, clients. They are files of src/, for
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
]

/** Writes the lists of the tree at `root` that are not as they should be. */
export function writeLists(root) {
  for (const list of LISTS) {
    const [path, text] = [join(root, list.file), textOf(list, list.found(root))]
    if (readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
  }
}

function textOf({title, list, type, of}, all) {
  const names = all.map(([name]) => variable(name))
  const inOneLine = `export const ${list}: readonly ${type}[] = [${names.join(', ')}]`
  return `// Written by bin/kinds.mjs, which each build runs: do not edit.
import type {${type}} from '${of}'
${all.map(([name, path]) => `import {${variable(name)}} from '${path}'`).join('\n')}

/** ${title}, by name. */
${inOneLine.length <= 120 ? inOneLine : `export const ${list}: readonly ${type}[] = [\n  ${names.join(',\n  ')},\n]`}
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
