// Bits of a file's mode.
export const ANYONE_MAY_WRITE = 0o002
export const GROUP_MAY_WRITE = 0o020
export const OTHERS_MAY_WRITE = ANYONE_MAY_WRITE | GROUP_MAY_WRITE
/** Of a folder: nobody removes or replaces another user's files in it. */
export const STICKY = 0o1000
