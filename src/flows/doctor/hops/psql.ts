import {findPsql, psqlVersion} from '../../../client/psql.js'
import {hop, ok} from '../hop.js'

export const psql = hop('psql', {
  title: 'psql',
  async check(_found, _request, {process, files, platform, environment}) {
    const file = await findPsql(process, files, platform)
    const own = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return ok(`${await psqlVersion(file, process, Object.fromEntries(own))} (${file})`, file)
  },
})
