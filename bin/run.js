#!/usr/bin/env node
// A terminal or pipe that has gone must not end the program before it has undone its work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
}

const {execute} = await import('@oclif/core')
await execute({dir: import.meta.url})
