/** A pair of open files, by their descriptors. */
export interface OutputFiles {
  readonly stdout: number
  readonly stderr: number
  close(): Promise<void>
}

/** Where the output of several programs goes, each in files of its own: `NAME.out` and `NAME.err`. */
export interface OutputFolderPort {
  /** Makes the folder where it is missing. Rejects with FILES_UNWRITABLE, also when one of these files is there already. */
  prepare(path: string, names: readonly string[]): Promise<void>
  /** Rejects with FILES_UNWRITABLE. */
  create(path: string, name: string): Promise<OutputFiles>
}

/** One of our own standard streams. */
export interface OutputStream {
  /** Resolves when the bytes have been taken: to whether somebody reads them. */
  write(bytes: Uint8Array): Promise<boolean>
}
