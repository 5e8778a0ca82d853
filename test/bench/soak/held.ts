import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {promisify} from 'node:util'
import type {OpenedTunnel} from '../../../src/core/results/opened-tunnel.js'
import type {Sandbox} from '../../sandbox/sandbox.js'
import type {Carrier} from '../../support/carriers.js'
import {run, type Running, start} from '../../support/dbtunnel.js'
import {until} from '../../support/until.js'
import {rssOf} from '../rss.js'
import {carry, type Tally} from './traffic.js'
import type {Sample} from './trend.js'

/** A tunnel of `dbtunnel open` that is held, and all that was seen of it. */
export class Held {
  readonly samples: Sample[] = []
  readonly tally: Tally = {bytesUp: 0, bytesDown: 0, wrong: 0, broken: []}
  /** Digests of the passfile's contents. */
  readonly tokens = new Set<string>()
  /** One each, with what psql said where it was refused. */
  readonly logins: string[] = []
  readonly engine: string
  readonly #tunnel: OpenedTunnel
  readonly #running: Running
  readonly #env: Readonly<Record<string, string>>
  readonly #readyAt = performance.now()

  private constructor(engine: string, tunnel: OpenedTunnel, running: Running, env: Readonly<Record<string, string>>) {
    this.engine = engine
    this.#tunnel = tunnel
    this.#running = running
    this.#env = env
  }

  static async open(sandbox: Sandbox, {name, env: chosen}: Carrier, target: string): Promise<Held> {
    const env = {...sandbox.env(), ...chosen}
    // Without the terminal's Ctrl-C, which ends the benchmark early.
    const running = start(['open', target, '--resolve', 'hostaddr', '--json'], {env, detached: true})
    const block = await until('a tunnel', () => /^\{.*\}\n/.exec(running.stdout())?.[0])
    return new Held(name, JSON.parse(block) as OpenedTunnel, running, env)
  }

  get minute(): number {
    return (performance.now() - this.#readyAt) / 60_000
  }

  async carry(stop: AbortSignal): Promise<void> {
    const {localPort, user, database, target, endpoint} = this.#tunnel
    const authorities = await readFile(this.#env['DBTUNNEL_CA_BUNDLE'] ?? '', 'utf8')
    const token = async (): Promise<string> => (await run(['token', target], {env: this.#env})).stdout.trim()
    await carry({host: endpoint.host, localPort, user, database, authorities, token}, this.tally, stop)
  }

  async look(): Promise<void> {
    const mib = rssOf(this.#running.child.pid ?? 0)
    if (!Number.isNaN(mib)) this.samples.push({minute: this.minute, mib})
    const passfile = await readFile(this.#tunnel.env['PGPASSFILE'] ?? '').catch(() => undefined)
    if (passfile) this.tokens.add(createHash('sha256').update(passfile).digest('hex'))
  }

  /** As in another shell, where the lines of `open` were pasted. */
  async login(): Promise<void> {
    const env = {PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', PSQLRC: '/dev/null', ...this.#tunnel.env}
    const {stdout} = await promisify(execFile)('psql', ['-w', '-Atc', 'select 1'], {env}).catch(
      ({stderr}: {stderr: string}) => ({stdout: `minute ${this.minute.toFixed(1)}: ${stderr}`}),
    )
    this.logins.push(stdout)
  }

  get refused(): readonly string[] {
    return this.logins.filter((said) => said !== '1\n')
  }

  progress(): string {
    const {bytesUp, bytesDown, wrong, broken} = this.tally
    const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`
    return [
      `${this.minute.toFixed(0)} min, ${this.engine}: ${this.samples.at(-1)?.mib.toFixed(1) ?? '?'} MiB RSS`,
      `${mib(bytesUp)} up, ${mib(bytesDown)} down, ${wrong} wrong, ${broken.length} broken`,
      `${this.logins.length} logins, ${this.refused.length} refused, ${this.tokens.size} tokens`,
    ].join('; ')
  }

  /** Resolves with all that dbtunnel said. */
  async end(): Promise<string> {
    this.#running.child.kill('SIGINT')
    return (await this.#running.ended).stderr
  }
}
