// Loaded before a program (NODE_OPTIONS=--require): notes every file that it has loaded, in the one that MODULES names.
'use strict'
const {appendFileSync} = require('node:fs')
const {isMainThread} = require('node:worker_threads')

if (isMainThread) {
  process.on('exit', () => {
    for (const file of Object.keys(require.cache)) appendFileSync(process.env.MODULES, `${file}\n`)
  })
}
