import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {startSandbox} from '../sandbox/sandbox.js'
import {PROGRAM, ROOT} from '../support/dbtunnel.js'
import {openScreen} from '../support/terminal.js'
import {drawn} from './drawn.js'

// `npm run picture` draws the README's picture, .github/demo.svg: a shell on a terminal, in which this is typed and
// answered for real, by dbtunnel, psql and the sandbox. The README's was taken as root: others see the hosts file spared.

/** What is typed, and how the screen ends when its answer is there. */
const TYPED: readonly (readonly [string, RegExp])[] = [
  ['dbtunnel psql prod-db', /shop=> $/],
  ['select current_user, current_database();', /\(1 row\)\s+prod-db shop=> $/],
  ['\\q', /\s\$ $/],
  ['grep -c prod-db /etc/hosts', /\s0\s+\$ $/],
]
/** One line of psql's is longer than 80. */
const COLUMNS = 84

const sandbox = await startSandbox()
try {
  const own = sandbox.env()
  const folder = join(own['HOME'] ?? '', 'bin')
  mkdirSync(folder)
  symlinkSync(PROGRAM, join(folder, 'dbtunnel'))
  const env = {
    ...own,
    PATH: `${folder}:${own['PATH']}`,
    PS1: '$ ',
    TERM: 'xterm-256color',
    // What would be another one with each machine or run.
    DBTUNNEL_ENGINE: 'native',
    DBTUNNEL_LOCAL_PORT: '15432',
  }
  const screen = openScreen(['-i'], {file: '/bin/sh', env, columns: COLUMNS})
  try {
    let at = await screen.waitFor(/\$ $/)
    for (const [words, answered] of TYPED) {
      screen.type(`${words}\r`)
      at = await screen.waitFor(answered, at)
    }
    const picture = await drawn(screen.text(), COLUMNS, `A terminal: ${TYPED[0]?.[0]}`)
    writeFileSync(join(ROOT, '.github/demo.svg'), picture)
  } finally {
    // What runs in it ends with its terminal.
    screen.hangUp()
    await screen.ended
  }
} finally {
  await sandbox.close()
}
