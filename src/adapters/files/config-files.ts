import {lstat} from 'node:fs/promises'
import {dirname, isAbsolute, join, resolve} from 'node:path'
import {fail} from '../../core/errors.js'
import type {ConfigFiles, ConfigText} from '../../core/ports/config-files.js'
import {quoted} from '../../core/text/clip.js'
import {readTrusted} from './read-trusted.js'
import {oursOrOfSudo} from './trust.js'
import {xdgFolder} from './own-folder.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Either spelling; in one folder the first counts. */
const TEAM_FILES = ['dbtunnel.yaml', 'dbtunnel.yml']
const USER_FILES = ['config.yaml', 'config.yml']

/** Names the team's file, in the place of the one that would be found. */
const VARIABLE = 'DBTUNNEL_CONFIG'

/**
 * The user's `~/.config/dbtunnel/config.yaml`, and the team's: the file that is `named` (--config, else DBTUNNEL_CONFIG), or
 * the `dbtunnel.yaml` of the working directory or above it.
 */
export function configFiles(environment: Environment, cwd: string, named?: string): ConfigFiles {
  return async () => {
    const team = readNamedFile(environment, cwd, named) ?? readTeamFile(environment, cwd)
    const found = await Promise.all([readUserFile(environment), team])
    return found.filter((file) => file !== undefined)
  }
}

async function readUserFile(environment: Environment): Promise<ConfigText | undefined> {
  const folder = xdgFolder(environment, 'XDG_CONFIG_HOME', '.config')
  const path = folder && (await firstThere(folder, USER_FILES))
  if (path === undefined) return undefined
  return {owner: 'user', path, text: await readTrusted(path, {owners: oursOrOfSudo(environment)})}
}

/** Held to the same rules as one that is found, but that its user knows where it leads. */
function readNamedFile(
  environment: Environment,
  cwd: string,
  flag: string | undefined,
): Promise<ConfigText> | undefined {
  const variable = environment[VARIABLE] || undefined
  const word = flag ?? variable
  return word === undefined ? undefined : readNamed(word, flag === undefined ? VARIABLE : '--config', environment, cwd)
}

async function readNamed(word: string, namedBy: string, environment: Environment, cwd: string): Promise<ConfigText> {
  if (namedBy === VARIABLE && !isAbsolute(word)) {
    throw fail('VALUE_INVALID', `${VARIABLE}: ${quoted(word)} is not an absolute path.`, {
      hint: 'Use an absolute path. For one run: --config FILE',
    })
  }
  const path = resolve(cwd, word)
  if (!(await isThere(path))) throw fail('CONFIG_INVALID', `There is no file ${path}, which ${namedBy} names.`)
  return {owner: 'team', namedBy, path, text: await readTrusted(path, {owners: oursOrOfSudo(environment)})}
}

async function readTeamFile(environment: Environment, cwd: string): Promise<ConfigText | undefined> {
  const owners = oursOrOfSudo(environment)
  const {folders, repository} = await foldersUpward(cwd, environment['HOME'])
  for (const folder of folders) {
    const path = await firstThere(folder, TEAM_FILES)
    if (path === undefined) continue
    // A stranger may have written the link: it must not lead to other files of the user's.
    return {owner: 'team', path, text: await readTrusted(path, {owners, within: repository ?? folder})}
  }
  return undefined
}

interface Upward {
  readonly folders: readonly string[]
  /** The last of them, where it is the root of a repository. */
  readonly repository?: string
}

/** From `cwd` to the root of its repository or to the home folder; where it is in neither, to the top. */
async function foldersUpward(cwd: string, home: string | undefined): Promise<Upward> {
  const folders: string[] = []
  for (let folder = cwd, above = dirname(cwd); ; folder = above, above = dirname(folder)) {
    folders.push(folder)
    if (await isThere(join(folder, '.git'))) return {folders, repository: folder}
    const isHome = home !== undefined && isAbsolute(home) && folder === resolve(home)
    if (isHome || above === folder) return {folders}
  }
}

async function firstThere(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await isThere(join(folder, name))) return join(folder, name)
  return undefined
}

/** Whatever it is: a folder of this name, or a link that leads nowhere, is not passed over. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
