import {findPsql, psqlVersion} from '../../../clients/psql/find.js'
import {withoutAwsSecrets} from '../../../databases/postgres/environment.js'
import {hop, ok} from '../hop.js'

export const psql = hop('psql', {
  title: 'psql',
  async check(_found, _request, {process, files, platform, environment}) {
    const file = await findPsql(process, files, platform)
    return ok(`${await psqlVersion(file, process, withoutAwsSecrets(environment))} (${file})`, file)
  },
})
