import {access, constants, open, stat} from 'node:fs/promises'
import {delimiter, isAbsolute, join, resolve} from 'node:path'

/** A relative entry of PATH is skipped: what it names depends on where one stands. A name with a slash is a path. */
export async function findExecutable(name: string, path: string): Promise<string | undefined> {
  if (name.includes('/')) return (await isExecutable(name)) ? resolve(name) : undefined
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name)
    if (isAbsolute(folder) && (await isExecutable(file))) return file
  }
  return undefined
}

/** Whatever has that name where no executable file was found. */
export async function findFile(name: string, path: string): Promise<string | undefined> {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder))
  const files = name.includes('/') ? [resolve(name)] : name === '' ? [] : folders.map((folder) => join(folder, name))
  for (const file of files) if (await exists(file)) return file
  return undefined
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/**
 * True for what execve refuses (ENOEXEC) and execvp, which Node uses, would
 * hand to /bin/sh: an empty file, or a script without its interpreter's name.
 */
export async function isBareText(file: string): Promise<boolean> {
  if (!(await isExecutable(file))) return false
  const head = Buffer.alloc(256)
  let length: number
  try {
    const handle = await open(file)
    length = (await handle.read(head, 0, head.length, 0).finally(() => handle.close())).bytesRead
  } catch {
    // Executable and not readable: the spawn itself will tell.
    return false
  }
  const firstLine = head.subarray(0, length).toString('latin1').split('\n')[0] ?? ''
  return !firstLine.startsWith('#!') && !firstLine.includes('\0')
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
