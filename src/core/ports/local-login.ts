/** Where sockets of the file system are made for local programs. */
export interface SocketFolders {
  /**
   * A folder of this user's alone, 0700, the same each time for `name`, short enough for a socket called `socket` in it.
   * `isLasting`: it must not go when this login of the user ends. Rejects with FILES_UNWRITABLE.
   */
  make(name: string, socket: string, isLasting: boolean): Promise<string>
  /** Removes these files, and the folder where nothing else is in it. What is missing is fine. */
  remove(folder: string, files: readonly string[]): Promise<void>
}

/** Passwords that are good for local ends of this user's, and nowhere else. */
export interface LocalPasswords {
  /**
   * The password for `place`: made the first time, and each time with `isRenewed`; the same one otherwise. 128 random bits.
   * Rejects with FILES_UNWRITABLE.
   */
  passwordFor(place: string, isRenewed: boolean): Promise<string>
}
