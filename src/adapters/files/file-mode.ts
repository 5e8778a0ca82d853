// Bits of a file's mode.
export const ANYONE_MAY_WRITE = 0o002
export const GROUP_MAY_WRITE = 0o020
export const OTHERS_MAY_WRITE = ANYONE_MAY_WRITE | GROUP_MAY_WRITE
/** Of a folder: nobody removes or replaces another user's files in it. */
export const STICKY = 0o1000

/** Whether anyone may replace whatever lies in a folder of this mode; in one like /tmp nobody may. */
export function isOpenToAll(mode: number): boolean {
  return (mode & ANYONE_MAY_WRITE) !== 0 && (mode & STICKY) === 0
}
