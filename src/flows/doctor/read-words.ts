import {readAccount, readRequest, type RequestSources} from '../request/read-request.js'
import type {DoctorRequest, Words} from './hop.js'

/** As a command that connects would read them. */
export async function readWords({target, flags}: DoctorRequest, sources: RequestSources): Promise<Words> {
  if (target !== undefined) return readRequest({target, flags}, sources)
  return {settings: await readAccount(flags, sources)}
}
