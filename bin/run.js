#!/usr/bin/env node
'use strict'
const {closeSync, fstatSync, mkdirSync, statSync} = require('node:fs')
const nodeModule = require('node:module')
const {dirname, isAbsolute, join} = require('node:path')

// A terminal or pipe that has gone must not end the program before it has undone its work.
// Whatever else befalls stderr (a full disk), nobody could be told of it.
process.stderr.on('error', () => {})
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') require('../dist/cli/execute.js').endWithoutOutput(error)
})

// At its very end Node puts the modes of its terminals back, and aborts where one of them has gone (20.20).
const terminals = [0, 1, 2].filter(isTerminal)
process.on('exit', () => {
  for (const fd of terminals) if (!isTerminal(fd)) closeSync(fd)
})

// Node 22 and later start faster with code that is compiled already, and keep it in a folder. By default that is one in
// the shared /tmp; code that runs here is only taken from a folder of this user's own. NODE_COMPILE_CACHE names another,
// NODE_DISABLE_COMPILE_CACHE=1 does without.
const compiled = nodeModule.enableCompileCache && ownCacheFolder(process.env)
if (compiled) nodeModule.enableCompileCache(compiled)

const {execute} = require('../dist/cli/execute.js')
void execute({root: dirname(__dirname), pjson: require('../package.json')})

/** With no `node:tty`, which takes a while to load, for files, pipes and /dev/null. */
function isTerminal(fd) {
  const stats = fstatSync(fd)
  return stats.isCharacterDevice() && stats.rdev !== statSync('/dev/null').rdev && require('node:tty').isatty(fd)
}

/**
 * `~/.cache/dbtunnel/compiled`, made where it is missing; undefined where it cannot be had, or others could write. A
 * relative path does not count: what lies in the working directory may be anybody's work.
 */
function ownCacheFolder({HOME = '', XDG_CACHE_HOME = ''}) {
  try {
    if (isAbsolute(XDG_CACHE_HOME)) return ownFolder(XDG_CACHE_HOME, 'dbtunnel', 'compiled')
    return isAbsolute(HOME) ? ownFolder(HOME, '.cache', 'dbtunnel', 'compiled') : undefined
  } catch {
    return undefined
  }
}

/** With sudo HOME may be somebody else's: nothing of root's must be left in it. */
function ownFolder(parent, ...names) {
  const isOwn = ({uid, mode}) => uid === process.getuid() && (mode & 0o022) === 0
  if (!isOwn(statSync(parent))) return undefined
  const [name, ...rest] = names
  if (name === undefined) return parent
  const folder = join(parent, name)
  if (!statSync(folder, {throwIfNoEntry: false})) mkdirSync(folder, {mode: 0o700})
  return ownFolder(folder, ...rest)
}
