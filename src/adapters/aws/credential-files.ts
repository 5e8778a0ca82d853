import {readdir, stat} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {awsFilePaths} from './aws-files.js'

/** Where `aws sso login`, `aws login` and other programs of the AWS CLI put what they have got. */
const CACHES = ['sso/cache', 'login/cache', 'cli/cache']

/** When the files were last written that credentials come from: a text that changes with every login. Reads none of them. */
export async function credentialFilesMark(): Promise<string> {
  const folder = join(homedir(), '.aws')
  const {config, credentials} = awsFilePaths()
  const caches = await Promise.all(CACHES.map((name) => filesIn(join(folder, name))))
  const files = [config, credentials, ...caches.flat()]
  return (await Promise.all(files.map(writtenAt))).join(' ')
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.sort().map((name) => join(folder, name))
}

async function writtenAt(file: string): Promise<number> {
  return stat(file).then(
    ({mtimeMs}) => mtimeMs,
    () => 0,
  )
}
