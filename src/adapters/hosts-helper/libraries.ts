import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {dirname} from 'node:path'
import {rootNodeWords} from './node-words.js'
import {weaknessForRoot} from '../files/trust.js'

const REPORT = 'process.report.excludeNetwork = true; console.log(process.report.getReport().sharedObjects.join("\\n"))'

/**
 * Who but root could change what this Node loads: its libraries, and all places where the loader looks for one (glibc
 * tells them; on other systems those that were found have to do). Undefined when nobody could.
 */
export function weakLibrary(node: string): string | undefined {
  const {status, stdout, stderr} = spawnSync(node, [...rootNodeWords(), '-e', REPORT], {
    cwd: '/',
    env: {LD_DEBUG: 'libs'},
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  })
  if (status !== 0) return `${node} does not run`
  const loaded = stdout.split('\n').filter((path) => path.startsWith('/'))
  const tried = [...stderr.matchAll(/trying file=(\/.*)/g)].map(([, path = '']) => path)
  return [...new Set([...loaded, ...tried.map(nearest)])].map(weaknessForRoot).find((weak) => weak !== undefined)
}

/** The place itself, or the folder in which it could be made. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path))
}
