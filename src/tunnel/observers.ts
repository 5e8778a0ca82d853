// Written by bin/kinds.mjs, which each build runs: do not edit.
import type {MakeObserver} from './observer.js'
import {audit} from './observers/audit.js'
import {stateFile} from './observers/state-file.js'

/** Every file of observers/, by name. */
export const observers: readonly MakeObserver[] = [audit, stateFile]
