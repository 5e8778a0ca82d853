import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, isAbsolute, join} from 'node:path'
import {hasMariadb, MISSING} from '../sandbox/installed.js'

/** What tests and their programs get of the environment of whoever runs them. */
const KEPT = [
  /^(CI|TERM|TMPDIR)$/,
  // How the tests themselves are run: with which plugin, which PostgreSQL, on which copy of /etc, how often.
  /^(DBTUNNEL_PLUGIN|DBTUNNEL_SANDBOX_PG_BIN|DBTUNNEL_ATTACK_TRIES|DBTUNNEL_FUZZ_TRIES|PRIVATE_MACHINE)$/,
  /^(VITEST.*|NODE_ENV|NODE_V8_COVERAGE|TEST|MODE|DEV|PROD|SSR|BASE_URL)$/,
  // Where npm finds packages.
  /^npm_config_/i,
]

/** Programs that people may have or not. A test that needs one brings a stand-in. */
const HIDDEN = ['aws', 'session-manager-plugin']

/**
 * Makes the run independent of the machine, before any test starts: no setting of the shell is left (AWS_*, PG*,
 * DBTUNNEL_*, the locale, a proxy), HOME is empty, and PATH has none of the programs that dbtunnel works without.
 *
 * @returns what removes its folder
 */
export default function setUp(): (() => void) | undefined {
  const prefix = join(tmpdir(), 'dbtunnel-tests-')
  // It is called for each project of the configuration, in one process.
  if (process.env['HOME']?.startsWith(prefix)) return undefined
  const folder = mkdtempSync(prefix)
  // For programs that tests start as other users.
  chmodSync(folder, 0o755)
  const HOME = join(folder, 'home')
  mkdirSync(HOME)
  const PATH = hidePrograms(process.env['PATH'] ?? '', folder)
  for (const name of Object.keys(process.env)) if (!KEPT.some((kept) => kept.test(name))) delete process.env[name]
  // PostgreSQL is unpacked and its database laid once a run, by the first sandbox.
  Object.assign(process.env, {HOME, PATH, DBTUNNEL_SANDBOX_TEMPLATE: join(folder, 'sandbox-template')})
  if (!hasMariadb()) process.stdout.write(`${MISSING}\n`)
  return () => rmSync(folder, {recursive: true})
}

/** In the place of each folder that has one of them: a folder with links to all the other programs in it. */
function hidePrograms(path: string, folder: string): string {
  const folders = path.split(delimiter).filter((one) => isAbsolute(one) && isReadable(one))
  const shown = new Set<string>()
  for (const [index, real] of [...new Set(folders.map((one) => realpathSync(one)))].entries()) {
    const programs = readdirSync(real)
    if (!programs.some((name) => HIDDEN.includes(name))) {
      shown.add(real)
      continue
    }
    const links = join(folder, `bin-${index}`)
    mkdirSync(links)
    for (const name of programs) if (!HIDDEN.includes(name)) symlinkSync(join(real, name), join(links, name))
    shown.add(links)
  }
  return [...shown].join(delimiter)
}

function isReadable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
