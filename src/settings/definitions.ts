// Written by bin/kinds.mjs, which each build runs: do not edit.
import {account} from './definitions/account.js'
import {configFile} from './definitions/config-file.js'
import {database} from './definitions/database.js'
import {environment} from './definitions/environment.js'
import {guardRails} from './definitions/guard-rails.js'
import {output} from './definitions/output.js'
import {tunnel} from './definitions/tunnel.js'
import {tunnelLifetime} from './definitions/tunnel-lifetime.js'

/** The settings of every file of definitions/, by name. */
export const definitions = [
  ...account,
  ...configFile,
  ...database,
  ...environment,
  ...guardRails,
  ...output,
  ...tunnel,
  ...tunnelLifetime,
] as const
