// Written by bin/kinds.mjs, which each build runs: do not edit.
import type {Client} from './client.js'
import {postgresPrograms} from './postgres-programs/client.js'
import {psql} from './psql/client.js'

/** Every folder here, by name. */
export const clients: readonly Client[] = [postgresPrograms, psql]
