import {fail} from '../../core/errors.js'
import type {ProcessPort} from '../../core/ports/process.js'
import {printable} from '../../core/text/printable.js'
import type {FindPorts} from '../client.js'

/** The command that installs psql, by ID in /etc/os-release. */
const INSTALL: ReadonlyMap<string, string> = new Map([
  ['debian', 'sudo apt-get install postgresql-client'],
  ['ubuntu', 'sudo apt-get install postgresql-client'],
  ['fedora', 'sudo dnf install postgresql'],
  ['rhel', 'sudo dnf install postgresql'],
  ['centos', 'sudo dnf install postgresql'],
  ['amzn', 'sudo dnf install postgresql16'],
  ['alpine', 'sudo apk add postgresql-client'],
  ['arch', 'sudo pacman -S postgresql-libs'],
  ['suse', 'sudo zypper install postgresql'],
])

/** A first run may be slow: a virus scanner or Gatekeeper looks at it. */
const VERSION_LIMIT_MS = 5000

const MACOS = 'brew install libpq && brew link --force libpq'

/**
 * Absolute path of psql on PATH. Rejects with CLIENT_MISSING, whose hint is
 * the command that installs it on this `platform` (Node's word).
 */
export async function findPsql({process, files, platform}: FindPorts): Promise<string> {
  const file = await process.find('psql')
  if (file !== undefined) return file
  const install =
    platform === 'darwin' ? MACOS : installCommand(await files.readText('/etc/os-release').catch(() => ''))
  throw fail('CLIENT_MISSING', 'psql is not installed, or not on PATH.', {
    hint: install ?? "Install PostgreSQL's client programs: https://www.postgresql.org/download/",
  })
}

/** Such as `15.18`. Rejects with CLIENT_UNRUNNABLE or TIMEOUT when it cannot be run. */
export async function psqlVersion(
  file: string,
  process: Pick<ProcessPort, 'output'>,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const words = await process.output({file, argv: ['--version'], env: environment}, VERSION_LIMIT_MS)
  return /\d+(?:\.\d+)*/.exec(words)?.[0] ?? printable(words.trim())
}

/** By ID, then by the systems that it is like, nearest first (os-release(5)). */
function installCommand(osRelease: string): string | undefined {
  const ids = ['ID', 'ID_LIKE'].flatMap((name) => {
    const value = new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1]
    return value?.split(' ') ?? []
  })
  return ids.map((id) => INSTALL.get(id)).find((command) => command !== undefined)
}
