#!/usr/bin/env node
// Writes docs/reference/exit-codes.md, made of the catalogue of errors and of the clients.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import * as prettier from 'prettier'
import {importSource} from './import-source.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const {CATALOG} = await importSource(join(root, 'src/core/errors.ts'))
const {MEANINGS} = await importSource(join(root, 'src/core/exit-meanings.ts'))
const {clients} = await importSource(join(root, 'src/clients/kinds.ts'))

const names = clients.flatMap(({id, terminal}) => (terminal ? [{id, statuses: terminal.statuses}] : []))
const own = names.map(({id, statuses}) => `\`${id}\`: ${statuses}`).join(', ')
const rows = Object.entries(MEANINGS).map(([status, meaning]) => {
  const codes = Object.entries(CATALOG).flatMap(([code, {exit}]) => (exit === Number(status) ? [`\`${code}\``] : []))
  return `| ${status} | ${meaning} | ${codes.join(' ')} |`
})

const page = `# Exit status

When dbtunnel has started a program, it ends with that program's status (${own}; \`exec\`: that of any program).
\`open\` ends with 0 when its time (\`--ttl\`, \`--idle\`) is over. Otherwise the status is one of these (sysexits.h). This page
is made of the source (\`npm run readme\`).

| status | what | codes |
| --- | --- | --- |
${rows.join('\n')}

An error says what failed and why, then, indented, what to type next. Its code, in brackets, is stable. With \`--json\`,
which every command but ${names.map(({id}) => `\`${id}\``).join(', ')} and \`exec\` has, it is one object on stdout:
\`{"error":{"code","message","hint","exitCode"}}\`.
`

const file = join(root, 'docs/reference/exit-codes.md')
writeFileSync(file, await prettier.format(page, {...(await prettier.resolveConfig(file)), filepath: file}))
