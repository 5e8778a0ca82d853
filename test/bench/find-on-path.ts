import {accessSync, constants} from 'node:fs'
import {delimiter, join} from 'node:path'

/** The absolute path of a program; undefined when it is not installed. */
export function findOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
