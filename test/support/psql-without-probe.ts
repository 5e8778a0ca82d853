import {Terminal} from '../../src/adapters/terminal/terminal.js'
import {openApp} from '../../src/app/ports.js'
import {psql as client} from '../../src/clients/psql/client.js'
import {runTerminalClient} from '../../src/flows/terminal-client.js'
import {chooseProgress} from '../../src/present/progress/choose.js'

// dbtunnel as it is, but for a probe that believes everything: what does psql itself refuse?
const [target = '', ...words] = process.argv.slice(2)
const terminal = new Terminal({quiet: true, debug: false})
const ports = {
  ...openApp(terminal),
  prober: {probe: async () => ({kind: 'answered', tls: 'none', validUntil: Infinity}) as const},
}
const flags = {resolve: 'hostaddr', engine: 'native'}
const progress = await chooseProgress(terminal, {quiet: true, debug: false})
process.exit(await runTerminalClient(client, {target, flags, words, typed: []}, ports, progress))
