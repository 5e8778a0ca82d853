// Loaded before a program (NODE_OPTIONS=--import): the moment it opens something of the hosts file's to write, it gets
// the signal that SIGNAL_AT_WRITE names.
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'

const {openSync} = fs
let given = false

fs.openSync = (path, flags, ...rest) => {
  if (!given && flags !== 'r' && /^\/etc\/\.?hosts/.test(String(path))) {
    given = true
    process.kill(process.pid, process.env.SIGNAL_AT_WRITE)
  }
  return openSync(path, flags, ...rest)
}
syncBuiltinESMExports()
