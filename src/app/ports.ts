import {approvals} from '../adapters/files/approvals.js'
import {auditLog} from '../adapters/files/audit-log.js'
import {awsApi} from '../adapters/aws/aws-api.js'
import {leftSessions} from '../adapters/aws/left-sessions.js'
import {profileAccount, profileRegion} from '../adapters/aws/profile.js'
import {background} from '../adapters/processes/background.js'
import {cacheFolder} from '../adapters/files/cache-folder.js'
import {systemClock} from '../adapters/processes/clock.js'
import {mostOpenFiles} from '../adapters/processes/open-files.js'
import {configFiles} from '../adapters/files/config-files.js'
import {dialPort} from '../adapters/network/dial.js'
import {connectionOwners} from '../adapters/network/connection-owners.js'
import {hostsFile} from '../adapters/hosts-file/hosts-file.js'
import {hostsHelper} from '../adapters/hosts-helper/hosts-helper.js'
import {helperByParent} from '../adapters/hosts-helper/apart.js'
import {helperInstaller} from '../adapters/hosts-helper/install.js'
import {tlsPort} from '../adapters/network/encrypt.js'
import {socketPort} from '../adapters/network/listen-at.js'
import {localPasswords} from '../adapters/files/local-passwords.js'
import {socketFolders} from '../adapters/files/socket-folders.js'
import {listenPort} from '../adapters/network/listen.js'
import {localNetworks} from '../adapters/network/local-networks.js'
import {outputFolder} from '../adapters/files/output-folder.js'
import {outputStream} from '../adapters/terminal/output-stream.js'
import {overflow} from '../adapters/files/overflow.js'
import {person} from '../adapters/terminal/person.js'
import {privateFiles} from '../adapters/files/private-files.js'
import {portOwners} from '../adapters/network/port-owner.js'
import {prober} from '../adapters/network/prober.js'
import {processes} from '../adapters/processes/processes.js'
import {aliasesOf, resolver} from '../adapters/network/resolver.js'
import {processSignals} from '../adapters/processes/signals.js'
import {stateFolder} from '../adapters/files/state-folder.js'
import type {Terminal} from '../adapters/terminal/terminal.js'
import {webSocketPort} from '../adapters/network/websocket.js'
import {fail} from '../core/errors.js'
import type {Ports} from '../core/ports/ports.js'
import {rateLimit} from '../core/rate-limit.js'
import {ConnectionBudget} from '../core/connection-budget.js'

/** No quota is published; several tools may run beside each other. */
const START_SESSIONS_A_SECOND = 3

/** The composition root: the outside world as ports, for a command to hand to its flow. */
export function openApp(terminal: Terminal, flags: {readonly config?: string | undefined} = {}): Ports {
  // eslint-disable-next-line no-restricted-properties -- here is where it comes in
  const inBackground = background(process.env)
  const {parent} = inBackground
  if (parent) terminal.echo((line) => parent.tell({kind: 'notice', line}))
  // eslint-disable-next-line no-restricted-properties -- here is where it comes in
  const environment = {...process.env}
  const cwd = workingDirectory()
  const startSessionLimit = rateLimit(1000 / START_SESSIONS_A_SECOND, systemClock)
  return {
    approvals: approvals(environment),
    audit: auditLog(environment),
    background: inBackground,
    awsFor: ({profile, region}) => awsApi({profile, region, say: terminal, startSessionLimit}),
    cache: cacheFolder(environment, terminal),
    clock: systemClock,
    connectionOwners: connectionOwners(),
    connections: new ConnectionBudget(mostOpenFiles),
    dial: dialPort,
    environment,
    files: privateFiles(environment),
    helperInstaller: helperInstaller(environment),
    hasTerminal: terminal.controls,
    hostsFile: hostsFile(),
    hostsHelper: parent ? helperByParent(parent) : hostsHelper,
    listen: listenPort,
    localPasswords: localPasswords(environment),
    networks: localNetworks,
    nodeVersion: process.versions.node,
    outputFolder,
    outputs: {stdout: outputStream(terminal.stdout), stderr: outputStream(terminal.stderr)},
    overflow,
    person: person(terminal),
    platform: process.platform,
    portOwners: portOwners(),
    prober,
    resolver,
    process: processes(),
    say: terminal,
    signals: processSignals,
    socketFolders: socketFolders(environment),
    sockets: socketPort,
    sources: {
      env: environment,
      cwd,
      profileAccount,
      profileRegion,
      aliasesOf,
      configFiles: configFiles(environment, cwd, flags.config),
      say: terminal,
    },
    ssmOf: (account) => leftSessions(account, terminal),
    state: stateFolder(environment),
    tls: tlsPort,
    webSocket: webSocketPort,
  }
}

/** It may have been removed under a shell; what a team's file there would ask for is not known then. */
function workingDirectory(): string {
  try {
    // eslint-disable-next-line no-restricted-properties -- here is where it comes in
    return process.cwd()
  } catch (cause) {
    throw fail('CONFIG_INVALID', 'The current directory no longer exists.', {
      hint: 'Change to your home directory: cd',
      cause,
    })
  }
}
