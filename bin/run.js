#!/usr/bin/env node
import {closeSync} from 'node:fs'
import {isatty} from 'node:tty'

// A terminal or pipe that has gone must not end the program before it has undone its work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
}

// At its very end Node puts the modes of its terminals back, and aborts where one of them has gone (20.20).
const terminals = [0, 1, 2].filter((fd) => isatty(fd))
process.on('exit', () => {
  for (const fd of terminals) if (!isatty(fd)) closeSync(fd)
})

const {execute} = await import('../dist/execute.js')
await execute({dir: import.meta.url})
