import {acquire} from '../../core/acquire.js'
import {keepLoginFresh} from '../../databases/keep-login-fresh.js'
import {databaseKind} from '../../databases/kind-of.js'
import {databaseOf, describeDatabase, userOf} from '../discovery/discover.js'
import type {Login, Tunnel} from '../tunnel.js'
import type {Named} from './map-name.js'
import type {Step} from './step.js'

/** What a client logs in with lies in a private folder, and is kept fresh there. */
export const logIn: Step<Named, Tunnel> = {
  title: 'Login',
  async run({request, ports, discoveryCache, run, localEnd, discovery, aws, connector, opened, mapping, record}) {
    const {files, clock} = ports
    const {target, caller} = discovery
    run.signal.throwIfAborted()
    let writing = Promise.resolve('')
    const folder = await acquire(run.undo, {
      title: 'private folder',
      take: () => files.makeFolder(),
      async giveBack(made) {
        // Else the file could appear while its folder is emptied.
        await writing.catch(() => {})
        await files.removeFolder(made)
      },
    })
    run.signal.throwIfAborted()
    writing = files.write(folder, 'authorities.pem', opened.authorities)
    const authoritiesFile = await writing
    const [user, database] = [userOf(request, discovery), databaseOf(request, discovery)]
    const {endpoint, region} = target
    const place = {endpoint, region, user, database, localPort: localEnd.port, authoritiesFile}
    const kind = databaseKind(target.databaseKind)
    const login = await keepLoginFresh(kind, place, folder, {signing: aws.signing, files, clock}, run)
    const homeFiles = await files.inHome(kind.homeFiles)
    const isCached = discovery === discoveryCache.cached
    if (!isCached) await discoveryCache.keep(discovery, opened.session)
    const lookAgain = async (): Promise<Login | undefined> => {
      await discoveryCache.forget()
      if (!isCached) return undefined
      const fresh = await describeDatabase(request, aws, run)
      return {...fresh, user: userOf(request, fresh), database: databaseOf(request, fresh)}
    }
    return {
      target,
      localEnd,
      opened,
      connector,
      mapping,
      caller,
      user,
      database,
      login,
      record,
      authoritiesFile,
      homeFiles,
      lookAgain,
    }
  },
  detail: ({user}) => `${user}, by IAM token`,
}
