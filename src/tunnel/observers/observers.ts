import {audit} from './audit.js'
import type {MakeObserver} from './observer.js'
import {stateFile} from './state-file.js'

/** Who is told of every tunnel, each in a file of its own. What a command shows of its own tunnel comes beside them. */
export const OBSERVERS: readonly MakeObserver[] = [audit, stateFile]
