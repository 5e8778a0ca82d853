// Loaded before a program (NODE_OPTIONS=--require): says from which folder it would take compiled code, on any Node.
'use strict'
require('node:module').enableCompileCache = (folder) => process.stderr.write(`compiled: ${folder}\n`)
