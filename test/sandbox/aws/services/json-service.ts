import {type Call} from './call.js'
import {type JsonInput} from './json-input.js'

/** One action of a service with the JSON protocol: its answer. Throws an AwsFault. */
export type JsonAction = (input: JsonInput, call: Call) => object
