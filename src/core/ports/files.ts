/** Private files of one run. */
export interface PrivateFiles {
  /** Makes a fresh 0700 folder for this run; returns its absolute path. */
  makeFolder(): Promise<string>
  /** Writes a 0600 file at once (temporary file, then rename). Returns its path. */
  write(folder: string, name: string, content: string): Promise<string>
  /** Removes the folder and all in it; a missing one is fine. */
  removeFolder(folder: string): Promise<void>
  /** Removes the folders of runs that were killed. */
  sweep(): Promise<void>
  /** Of these paths in the user's home, those where something is. */
  inHome(paths: readonly string[]): Promise<readonly string[]>
  /** Rejects with CONFIG_INVALID naming the path when it cannot be read. */
  readText(path: string): Promise<string>
}
