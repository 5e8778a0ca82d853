import {toJSONSchema} from 'zod/mini'
import {TEAM_FILE, USER_FILE} from './shape.js'

/** For editors: what may stand in `dbtunnel.yaml`, and in `config.yaml` of the user's own. By file name. */
export function jsonSchemas(): Readonly<Record<string, object>> {
  return {
    'dbtunnel.schema.json': {title: 'dbtunnel.yaml', ...toJSONSchema(TEAM_FILE)},
    'config.schema.json': {title: '~/.config/dbtunnel/config.yaml', ...toJSONSchema(USER_FILE)},
  }
}
