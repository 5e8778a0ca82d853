// Loaded before a program (NODE_OPTIONS=--import): notes every module that it imports, in the file that IMPORTS names.
import {appendFileSync} from 'node:fs'
import {register} from 'node:module'
import {isMainThread} from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

export async function load(url, context, next) {
  appendFileSync(process.env.IMPORTS, `${url}\n`)
  return next(url, context)
}
