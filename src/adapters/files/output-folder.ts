import {constants} from 'node:fs'
import {access, mkdir, open, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fail} from '../../core/errors.js'
import type {OutputFiles, OutputFolderPort} from '../../core/ports/output.js'
import {exists} from '../processes/executables.js'
import {reasonOf} from '../errno.js'

const ENDINGS = ['out', 'err'] as const

/** What programs print, in files of this user's own: 0600, and never over another file. */
export const outputFolder: OutputFolderPort = {
  async prepare(path, names) {
    try {
      await makeFolder(path)
      await access(path, constants.W_OK | constants.X_OK)
      if (!(await stat(path)).isDirectory()) throw new Error('it is no folder')
    } catch (cause) {
      throw fail('FILES_UNWRITABLE', `${path} cannot be written to: ${reasonOf(cause)}.`, {cause})
    }
    for (const name of names) {
      for (const file of filesOf(path, name)) if (await exists(file)) throw taken(file)
    }
  },
  async create(path, name): Promise<OutputFiles> {
    const [out = '', err = ''] = filesOf(path, name)
    const stdout = await create(out)
    try {
      const stderr = await create(err)
      const close = async (): Promise<void> => void (await Promise.all([stdout.close(), stderr.close()]))
      return {stdout: stdout.fd, stderr: stderr.fd, close}
    } catch (error) {
      await stdout.close()
      throw error
    }
  },
}

/** With those above it. Node's own recursion never ends where a file system lets nothing be made (/proc, an automounter). */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, {mode: 0o700})
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || (await exists(parent))) throw error
    await makeFolder(parent)
    await mkdir(path, {mode: 0o700})
  }
}

function filesOf(folder: string, name: string): readonly string[] {
  return ENDINGS.map((ending) => join(folder, `${name}.${ending}`))
}

async function create(file: string) {
  try {
    return await open(file, 'wx', 0o600)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw taken(file)
    throw fail('FILES_UNWRITABLE', `${file} cannot be created: ${reasonOf(cause)}.`, {cause})
  }
}

function taken(file: string): Error {
  return fail('FILES_UNWRITABLE', `${file} exists already, and dbtunnel does not overwrite it.`, {
    hint: 'Use another folder: --output-dir "out-$(date +%F-%H%M%S)"',
  })
}
