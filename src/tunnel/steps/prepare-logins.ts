import {userInfo} from 'node:os'
import {join} from 'node:path'
import {acquire} from '../../core/acquire.js'
import {fail, hasCode} from '../../core/errors.js'
import type {Listener} from '../../core/ports/network.js'
import type {AutoLogin, AutoLoginPlace} from '../../databases/auto-login.js'
import {databaseKind} from '../../databases/kind-of.js'
import {isProxy} from '../../databases/rds-proxy.js'
import {signToken} from '../../databases/sign-token.js'
import {spokenName} from '../../targets/parse-target.js'
import {databaseOf, userOf} from '../discovery/discover.js'
import type {LoginListener} from '../listener/login-listener.js'
import type {Tunnel} from '../tunnel.js'
import type {Connected} from './connect.js'
import type {Step} from './step.js'

/** Runs beside each other on one database have sockets of their own; so many are tried. */
const MOST_SOCKETS = 20

/** The local end logs in by itself: a socket that lies in a private folder, and where that was asked for a port. */
export const prepareLogins: Step<Connected, Tunnel> = {
  title: 'Login',
  async run(before) {
    const {request, ports, discoveryCache, run, localEnd, discovery, aws, connector, opened, record, logins} = before
    const {target, caller} = discovery
    const {settings, name} = request
    const kind = databaseKind(target.databaseKind)
    const {autoLogin} = kind
    if (!autoLogin || !logins) throw fail('INTERNAL', `There is no auto-login for ${kind.label}.`)
    const {endpoint, region} = target
    const [user, database] = [userOf(request, discovery), databaseOf(request, discovery)]
    const folder = await socketFolder(spokenName(name), autoLogin, logins, before)
    const passwordPlace = `${endpoint.host}:${endpoint.port} ${user}`
    const localPassword = settings.tcp
      ? await ports.localPasswords.passwordFor(passwordPlace, request.isPasswordRenewed === true)
      : undefined
    run.signal.throwIfAborted()
    let tcp: AutoLoginPlace['tcp']
    if (localPassword !== undefined) {
      const {name: file, text} = autoLogin.passwordFile({port: localEnd.port, user, password: localPassword})
      tcp = {port: localEnd.port, passwordFile: await ports.files.write(folder, file, text)}
    }
    if (discovery !== discoveryCache.cached) await discoveryCache.keep(discovery, opened.session)
    const place = {folder, osUser: osUserName(), tcp, user, database}
    const terms = {user, target: spokenName(name), reason: settings.reason, readOnly: settings.readOnly}
    return {
      target,
      localEnd,
      opened,
      connector,
      mapping: {via: 'auto-login'},
      caller,
      user,
      database,
      // Tokens are in memory alone.
      login: {files: {}, refresh: async () => {}},
      record,
      authoritiesFile: '',
      homeFiles: [],
      lookAgain: async () => undefined,
      autoLogin: {
        place,
        socket: join(folder, autoLogin.socket.name),
        tellWay: (why) => (logins.why = why),
        begin: ({loggedIn, loggedOut}) =>
          logins.begin({
            target: target.name,
            server: autoLogin.start(terms),
            localPassword,
            timeoutMs: settings.timeoutMs,
            token: () => signToken({endpoint, region, user}, aws.signing),
            encrypt: (stream, signal) => {
              const {host} = endpoint
              const trusted = {host, mayBeWildcard: isProxy(host), authorities: opened.authorities}
              return ports.tls.encrypt(stream, trusted, signal)
            },
            explain(outcome) {
              if (outcome.kind === 'failed') return undefined
              const {message, hint} = kind.explainRefusal(outcome, {
                user,
                region,
                resourceId: target.resourceId,
                masterUser: target.masterUser,
                caller,
              })
              return [message, ...(hint?.split('\n') ?? [])].join('\n  ')
            },
            loggedIn,
            loggedOut,
          }),
      },
    }
  },
  detail: ({user}) => `${user}, by the local end itself`,
}

/** With the socket in it. Where another run has the usual one, a further one, and then it is said. */
async function socketFolder(
  name: string,
  {socket}: AutoLogin,
  logins: LoginListener,
  {ports, run}: Pick<Connected, 'ports' | 'run'>,
): Promise<string> {
  const isLasting = ports.background.parent !== undefined
  for (let number = 1; ; number++) {
    const word = number === 1 ? name : `${name}-${number}`
    const folder = await ports.socketFolders.make(word, socket.name, isLasting)
    let files: readonly string[] = []
    try {
      await acquire<Pick<Listener, 'close'>>(run.undo, {
        title: 'socket',
        take: async () => {
          const listener = await logins.listenAt(join(folder, socket.name))
          files = [socket.name, ...OWN_FILES]
          return listener
        },
        async giveBack(listener) {
          await listener.close()
          await ports.socketFolders.remove(folder, files)
        },
      })
    } catch (error) {
      if (hasCode(error, 'SOCKET_IN_USE') && number < MOST_SOCKETS) continue
      throw error
    }
    if (number > 1) run.say.notice(`Another run has the usual socket of ${name}: this time it is in ${folder}.`)
    return folder
  }
}

/** What else is written into that folder. */
const OWN_FILES = ['passfile'] as const

function osUserName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    // A uid without a name, as in a container.
    return undefined
  }
}
