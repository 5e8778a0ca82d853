import {type QueryParameters} from '../query-parameters.js'
import {type Xml} from '../xml.js'
import {type Call} from './call.js'

/** One action of a service with the query protocol: what stands in its result element. Throws an AwsFault. */
export type QueryAction = (parameters: QueryParameters, call: Call) => {readonly [name: string]: Xml}
