// Written by bin/kinds.mjs, which each build runs: do not edit.
import type {DatabaseKind} from './database-kind.js'
import {mariadb} from './mariadb/kind.js'
import {mysql} from './mysql/kind.js'
import {postgres} from './postgres/kind.js'

/** Every folder here that has a kind, by name. */
export const kinds: readonly DatabaseKind[] = [mariadb, mysql, postgres]
