// Ends the session-manager-plugin when dbtunnel has gone, however it went: kill -9 undoes nothing. stdin is a pipe
// from dbtunnel: it brings the plugin's process group, and it ends when dbtunnel does.
'use strict'
const {readSync} = require('node:fs')
const {setTimeout} = require('node:timers')

/** The plugin needs 2 ms to end its session, and itself (real plugin 1.2.677). */
const GRACE_MS = 500

const group = Number(read())
if (group > 1) {
  send('SIGINT')
  setTimeout(() => send('SIGKILL'), GRACE_MS)
}

/** All that comes, until the end. */
function read() {
  const buffer = Buffer.alloc(64)
  let text = ''
  for (let size; (size = readSync(0, buffer)) > 0;) text += buffer.toString('latin1', 0, size)
  return text
}

function send(signal) {
  try {
    process.kill(-group, signal)
  } catch {
    // It has gone.
  }
}
