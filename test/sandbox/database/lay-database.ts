import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {chmod, chown, mkdir, mkdtemp, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {type Account, type Folder} from './folder.js'
import {providePrograms} from './programs.js'

const run = promisify(execFile)

/** As on RDS, so that `postgres` is a name like any other. */
export const SUPERUSER = 'rdsadmin'

/** Runs a program as the account; rejects where it fails. */
export type RunProgram = (file: string, parameters: readonly string[]) => Promise<void>

/**
 * Lays a new database in the folder's `data`. Where `DBTUNNEL_SANDBOX_TEMPLATE` names a folder, it is a copy of the one in
 * there, which the first that finds none lays: a copy takes a tenth of the time.
 *
 * @returns the folder of the programs that are to run it
 */
export async function layDatabase(
  folder: Folder,
  account: Account | undefined,
  environment: NodeJS.ProcessEnv,
  runProgram: RunProgram,
): Promise<string> {
  const template = environment['DBTUNNEL_SANDBOX_TEMPLATE']
  // A server that someone has named is as they left it, each time.
  if (template === undefined || environment['DBTUNNEL_SANDBOX_PG_BIN']) {
    const programs = await providePrograms(folder.path, environment)
    await initialize(folder.data, programs, runProgram)
    return programs
  }
  if (!existsSync(template)) await makeTemplate(template, account, runProgram)
  // With owner and modes, which PostgreSQL is strict about.
  await run('cp', ['-a', `${template}/data/.`, folder.data])
  return join(template, 'pg', 'bin')
}

async function initialize(data: string, programs: string, runProgram: RunProgram): Promise<void> {
  await runProgram(join(programs, 'initdb'), [
    ...['-D', data, '-U', SUPERUSER, '--auth=trust'],
    ...['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
  ])
}

/** Appears whole or not at all; several may try at the same time. */
async function makeTemplate(template: string, account: Account | undefined, runProgram: RunProgram): Promise<void> {
  const draft = await mkdtemp(`${template}-`)
  try {
    await chmod(draft, 0o755)
    const data = join(draft, 'data')
    await mkdir(data, {mode: 0o700})
    if (account) await chown(data, account.uid, account.gid)
    await initialize(data, await providePrograms(draft, {}), runProgram)
    await rename(draft, template).catch((error: NodeJS.ErrnoException) => {
      // Someone else was faster.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, {recursive: true, force: true})
  }
}
