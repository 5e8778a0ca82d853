import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {rootNodeWords} from '../../src/adapters/hosts-helper/node-words.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, PROGRAM, ROOT} from '../support/dbtunnel.js'
import {asOrdinary} from '../support/ordinary-user.js'
import {pids, readProc} from '../support/processes.js'
import type {Screen} from '../support/terminal.js'
import {
  type Env,
  HOST,
  hostsText,
  install as installAsRoot,
  logged,
  setPassword,
  setRules,
  uninstall,
  USER,
  usersScreen,
  WITH_PASSWORD,
  WITHOUT_PASSWORD,
} from './machine.js'

const FOLDER = '/usr/local/libexec/dbtunnel'
const HELPER = `${FOLDER}/hosts-helper.cjs`
const STAMP = `${FOLDER}/stamp.json`
const NODE = `${FOLDER}/node`
const RULES = '/etc/sudoers.d/zz-dbtunnel'
/** What the rule allows, word for word. */
const COMMAND = [NODE, ...rootNodeWords(), HELPER]
const PROMPT = /\[sudo\] password for nobody: ?$/

let sandbox: Sandbox
let env: Env
let before: string
/** Of the user's own, and world-writable: what becomes root would leave its mark here. */
let marks: string
const screens: Screen[] = []

beforeAll(async () => {
  setPassword()
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())
beforeEach(() => {
  env = asOrdinary({...sandbox.env(), DBTUNNEL_ENGINE: 'native', PSQLRC: '/dev/null', TERM: 'xterm'})
  before = hostsText()
  marks = mkdtempSync(join(env['TMPDIR'] ?? '', 'marks-'))
  chmodSync(marks, 0o777)
})
afterEach(() => {
  for (const {pty} of screens.splice(0)) pty.kill('SIGKILL')
  setRules()
  expect(hostsText()).toBe(before)
  // Whatever was tried, nothing ran as root.
  expect(readdirSync(marks).filter((name) => !name.endsWith(`-${USER.uid}`))).toEqual([])
})

interface Input {
  readonly input?: string | Buffer
  readonly with?: Env
  readonly cwd?: string
}

/** Runs a program as the user, without a terminal. */
async function asUser(argv: readonly string[], {input = '', with: more = {}, cwd = '/'}: Input = {}): Promise<Ended> {
  const [file = '', ...words] = argv
  const child = spawn(file, words, {
    env: {...env, ...more},
    cwd,
    uid: USER.uid,
    gid: USER.gid,
    detached: true,
    stdio: 'pipe',
  })
  child.stdin.on('error', () => {}).end(input)
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const [stdout, stderr, [status, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return {status, signal, stdout, stderr}
}

const dbtunnel = (...words: string[]): Promise<Ended> => asUser([process.execPath, PROGRAM, ...words])
const onScreen = (...words: string[]): Screen => {
  const screen = usersScreen(words, env)
  screens.push(screen)
  return screen
}
/** The installed helper, as its user can start it: fed with `input`. */
const helper = (input: string | Buffer, more: Omit<Input, 'input'> = {}): Promise<Ended> =>
  asUser(['/usr/bin/sudo', '-n', ...COMMAND], {input, ...more})
const SELECT = ['psql', 'prod-db', '-Atc', `\\! getent hosts ${HOST}`]

/** As `dbtunnel hosts install` does after the password; without one for the test's sake. */
async function install(): Promise<void> {
  setRules('nobody ALL=(ALL) NOPASSWD: ALL')
  expect(await dbtunnel('hosts', 'install')).toMatchObject({status: 0})
  setRules()
}

describe('hosts install', () => {
  afterEach(uninstall)

  it('asks for the password once; from then on none is needed, and uninstall takes all of it out', async () => {
    setRules(WITH_PASSWORD)
    const installing = onScreen('hosts', 'install')
    await installing.waitFor(PROMPT)
    // Also while it installs, sudo passes signals on.
    expect(pids().map((pid) => readProc(pid, 'cmdline').replaceAll('\0', ' '))).toContainEqual(
      expect.stringMatching(/^\/usr\/bin\/sudo -- \S+ --openssl-config=\/dev\/null --inspect-port=\[ff02::1\]:1024 /),
    )
    installing.type(`${USER.password}\r`)
    expect(await installing.ended).toMatchObject({status: 0})
    expect(installing.plain().match(/\[sudo\]/g)).toHaveLength(1)
    expect(installing.plain()).toMatch(/Installed: /)

    setRules(WITH_PASSWORD)
    const modes = {[FOLDER]: 0o755, [NODE]: 0o755, [HELPER]: 0o644, [STAMP]: 0o644, [RULES]: 0o440}
    for (const [path, mode] of Object.entries(modes)) {
      expect(statSync(path)).toMatchObject({uid: 0, gid: 0})
      expect(statSync(path).mode & 0o7777).toBe(mode)
    }
    const words = String.raw`--openssl-config\=/dev/null --inspect-port\=\[ff02\:\:1\]\:1024`
    expect(readFileSync(RULES, 'utf8')).toContain(`\nnobody ALL=(root) NOPASSWD: ${NODE} ${words}`)
    expect(readdirSync(FOLDER).toSorted()).toEqual(['hosts-helper.cjs', 'node', 'stamp.json'])
    expect(await dbtunnel('hosts')).toMatchObject({status: 0, stdout: expect.stringContaining('is installed')})
    expect(await dbtunnel(...SELECT)).toMatchObject({status: 0, stdout: expect.stringMatching(/^127\.0\.0\.1 /)})

    const uninstalling = onScreen('hosts', 'uninstall')
    await uninstalling.waitFor(PROMPT)
    uninstalling.type(`${USER.password}\r`)
    expect(await uninstalling.ended).toMatchObject({status: 0})
    expect([FOLDER, RULES].filter((path) => existsSync(path))).toEqual([])
    expect(readdirSync('/etc/sudoers.d').filter((name) => name.includes('dbtunnel'))).toEqual([])
    setRules(WITH_PASSWORD)
    expect(await dbtunnel(...SELECT)).toMatchObject({
      stderr: expect.stringContaining('the client is given the address'),
    })
  })

  it('--json: one object, from whoever did it', async () => {
    setRules(WITHOUT_PASSWORD)
    const said = async (...words: string[]): Promise<unknown> => {
      const {status, stdout} = await dbtunnel('hosts', ...words, '--json', '--quiet')
      return {status, ...(JSON.parse(stdout) as object)}
    }
    expect(await said('install')).toEqual({status: 0, done: 'installed'})
    expect(await said('uninstall')).toEqual({status: 0, done: 'uninstalled'})
    expect(await said('uninstall')).toEqual({status: 0, done: 'absent'})
    setRules('')
    expect(await said('install')).toMatchObject({status: 73, error: {code: 'HELPER_NOT_INSTALLED'}})
  })

  it('replaces one of another version, while that runs', async () => {
    await install()
    appendFileSync(HELPER, '// other')
    expect(await dbtunnel('hosts')).toMatchObject({
      stdout: expect.stringContaining('not used: it is of another version'),
    })
    const running = helper('')
    await install()
    expect(await running).toMatchObject({status: 0})
    expect(await dbtunnel('hosts')).toMatchObject({stdout: expect.stringContaining('is installed')})
  })

  it('shows what it made, whatever the umask of the installer', async () => {
    const umask = process.umask(0o077)
    try {
      installAsRoot()
    } finally {
      process.umask(umask)
    }
    for (const path of ['/usr/local/libexec', FOLDER, NODE]) expect(statSync(path).mode & 0o7777).toBe(0o755)
    expect(await dbtunnel('hosts')).toMatchObject({stdout: expect.stringContaining('is installed')})
    expect(await dbtunnel(...SELECT)).toMatchObject({status: 0, stdout: expect.stringMatching(/^127\.0\.0\.1 /)})
  })

  it('is refused where its user could not see it, and says what to type', () => {
    mkdirSync('/usr/local/libexec', {mode: 0o700})
    try {
      expect(installAsRoot).toThrow(/others than root cannot look into \/usr\/local\/libexec[^]*sudo chmod 755/)
      expect(readdirSync('/usr/local/libexec')).toEqual([])
    } finally {
      rmdirSync('/usr/local/libexec')
    }
  })

  it('uninstall takes the folder that was made for it, unless others use it; and leaves one that was there', () => {
    installAsRoot()
    installAsRoot()
    uninstall()
    expect(existsSync('/usr/local/libexec')).toBe(false)

    installAsRoot()
    writeFileSync('/usr/local/libexec/theirs', '')
    uninstall()
    expect(readdirSync('/usr/local/libexec')).toEqual(['theirs'])
    rmSync('/usr/local/libexec/theirs')

    installAsRoot()
    uninstall()
    expect(readdirSync('/usr/local/libexec')).toEqual([])
    rmdirSync('/usr/local/libexec')
  })

  it('one that fails leaves the earlier one as it was, at work', async () => {
    await install()
    const files = (): unknown =>
      [FOLDER, ...[NODE, HELPER, STAMP, RULES]].map((path) => [path, statSync(path).ino, statSync(path).mtimeMs])
    const earlier = files()
    const rules = readFileSync('/etc/sudoers', 'utf8')
    writeFileSync('/etc/sudoers', 'root ALL=(ALL) ALL\nnobody ALL=(ALL) ALL\n')
    try {
      expect(installAsRoot).toThrow(/sudo does not start it without a password/)
    } finally {
      writeFileSync('/etc/sudoers', rules)
    }
    expect(readdirSync(FOLDER).toSorted()).toEqual(['hosts-helper.cjs', 'node', 'stamp.json'])
    expect((files() as unknown[]).slice(1)).toEqual((earlier as unknown[]).slice(1))
    expect(await dbtunnel(...SELECT)).toMatchObject({status: 0, stdout: expect.stringMatching(/^127\.0\.0\.1 /)})
  })

  it.each<[string, () => () => void, RegExp]>([
    [
      'a folder above can be written by its group',
      () => {
        chmodSync('/usr/local', 0o775)
        return () => chmodSync('/usr/local', 0o755)
      },
      /\/usr\/local can be written by others than root/,
    ],
    [
      'a folder above is the user’s',
      () => {
        mkdirSync('/usr/local/libexec', {recursive: true})
        chownSync('/usr/local/libexec', USER.uid, USER.gid)
        return () => chownSync('/usr/local/libexec', 0, 0)
      },
      /\/usr\/local\/libexec belongs to user 65534/,
    ],
    [
      'Node takes a library from the user’s folder',
      () => {
        mkdirSync('/usr/local/theirs')
        const library = execFileSync('ldconfig', ['-p'], {encoding: 'utf8'}).match(/libdl\.so\.2 .* => (.*)/)?.[1] ?? ''
        cpSync(library, '/usr/local/theirs/libdl.so.2', {dereference: true})
        chownSync('/usr/local/theirs', USER.uid, USER.gid)
        writeFileSync('/etc/ld.so.conf.d/00-theirs.conf', '/usr/local/theirs\n')
        execFileSync('ldconfig')
        return () => {
          rmSync('/etc/ld.so.conf.d/00-theirs.conf')
          rmSync('/usr/local/theirs', {recursive: true})
          execFileSync('ldconfig')
        }
      },
      /\/usr\/local\/theirs belongs to user 65534/,
    ],
    [
      'sudo reads no rules from there',
      () => {
        const rules = readFileSync('/etc/sudoers', 'utf8')
        writeFileSync('/etc/sudoers', 'root ALL=(ALL) ALL\nnobody ALL=(ALL) ALL\n')
        return () => writeFileSync('/etc/sudoers', rules)
      },
      /sudo does not start it without a password/,
    ],
  ])('is refused where %s, and leaves nothing', async (_, arrange, why) => {
    const undo = arrange()
    try {
      const asRoot = {...env, SUDO_USER: USER.name, SUDO_UID: String(USER.uid), SUDO_GID: String(USER.gid)}
      const child = spawn(process.execPath, [PROGRAM, 'hosts', 'install'], {env: asRoot, stdio: 'pipe'})
      const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
      expect(stderr).toMatch(why)
      expect(stderr).toContain('[HELPER_NOT_INSTALLED]')
      expect(status).toBe(73)
      expect([FOLDER, RULES].filter((path) => existsSync(path))).toEqual([])
    } finally {
      undo()
    }
  })
})

describe('a helper that an earlier version installed', () => {
  const FORMER_HELPER = `${FOLDER}/hosts-helper`
  const TEXT =
    'The installed hosts helper is not used: an earlier version of dbtunnel installed it, and sudo lets every program of yours become root through it.'
  beforeEach(() => {
    mkdirSync(FOLDER, {recursive: true})
    cpSync(process.execPath, NODE)
    writeFileSync(
      FORMER_HELPER,
      `#!${NODE} --openssl-config=/dev/null\nrequire('fs').writeFileSync('${marks}/x-0', '')`,
    )
    chmodSync(FORMER_HELPER, 0o755)
    writeFileSync(RULES, `nobody ALL=(root) NOPASSWD: ${FORMER_HELPER} ""\n`, {mode: 0o440})
  })
  afterEach(() => {
    uninstall()
    rmSync('/usr/local/libexec', {recursive: true, force: true})
  })

  it('is not used, and each run says what to type', async () => {
    for (const words of [SELECT, ['exec', 'prod-db', '--', 'true'], ['hosts'], ['status'], ['doctor']]) {
      const {stdout, stderr} = await dbtunnel(...words)
      const said = `${stdout}${stderr}`.replace(/\s+/g, ' ')
      expect(said, words[0]).toContain(TEXT)
      expect(said).toContain('Replace it: dbtunnel hosts install Or take it out: dbtunnel hosts uninstall')
    }
    expect(readdirSync(marks)).toEqual([])
  })

  it('is told of by doctor where only the rule is left', async () => {
    rmSync(FOLDER, {recursive: true})
    rmSync(RULES)
    setRules(`nobody ALL=(root) NOPASSWD: ${FORMER_HELPER} ""`)
    const {stdout} = await dbtunnel('doctor', '--json')
    const {hops} = JSON.parse(stdout) as {hops: {id: string; status: string; detail: string}[]}
    expect(hops.find(({id}) => id === 'hosts-helper')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('sudo has a rule for it that this version of dbtunnel does not make'),
    })
  })

  it('is replaced as a whole', async () => {
    installAsRoot()
    expect(readdirSync(FOLDER).toSorted()).toEqual(['hosts-helper.cjs', 'node', 'stamp.json'])
    expect(await dbtunnel('hosts')).toMatchObject({stdout: expect.stringContaining('is installed')})
    expect(await asUser(['/usr/bin/sudo', '-n', FORMER_HELPER])).toMatchObject({status: 1})
    expect(readdirSync(marks)).toEqual([])
    const {hops} = JSON.parse((await dbtunnel('doctor', '--json')).stdout) as {hops: {id: string; detail: string}[]}
    expect(hops.find(({id}) => id === 'hosts-helper')).toMatchObject({
      status: 'ok',
      detail: 'installed: no password is needed',
    })
  })

  it('is taken out as a whole', () => {
    uninstall()
    expect([FOLDER, RULES].filter((path) => existsSync(path))).toEqual([])
  })
})

describe('what is installed', () => {
  beforeAll(install)
  afterAll(uninstall)

  it.each<[string, () => () => void, RegExp]>([
    [
      'whose Node belongs to the user',
      () => {
        chownSync(NODE, USER.uid, USER.gid)
        return () => chownSync(NODE, 0, 0)
      },
      /node belongs to user 65534/,
    ],
    [
      'whose folder the user’s group may write',
      () => {
        chmodSync(FOLDER, 0o775)
        return () => chmodSync(FOLDER, 0o755)
      },
      /can be written by others/,
    ],
    ...[
      {version: '0.0.9'},
      {words: ['--openssl-config=/dev/null', '--inspect-port=127.0.0.1:9229']},
      {user: 'ALL'},
      {rules: '0'.repeat(64)},
    ].map((other): [string, () => () => void, RegExp] => [
      `whose stamp says ${Object.keys(other)[0]} otherwise`,
      () => {
        const text = readFileSync(STAMP, 'utf8')
        writeFileSync(STAMP, JSON.stringify({...(JSON.parse(text) as object), ...other}))
        return () => writeFileSync(STAMP, text)
      },
      /not used: it is of another version/,
    ]),
    [
      'that is a link to the user’s file',
      () => {
        renameSync(HELPER, `${HELPER}.kept`)
        symlinkSync(env['HOME'] ?? '', HELPER)
        return () => renameSync(`${HELPER}.kept`, HELPER)
      },
      /not used: /,
    ],
  ])('%s is not started', async (_, arrange, why) => {
    const undo = arrange()
    try {
      expect(await dbtunnel('hosts')).toMatchObject({stdout: expect.stringMatching(why)})
      const {status, stdout, stderr} = await dbtunnel(...SELECT)
      expect({status, stdout}).toEqual({status: 0, stdout: ''})
      expect(stderr).toMatch(why)
      expect(stderr).toContain('the client is given the address instead')
    } finally {
      undo()
    }
  })

  it.each<[string, string | Buffer]>([
    ['another name', 'map www.example.com\n'],
    ['a name without its dots', 'map localhost\n'],
    ['capital letters', `map ${HOST.toUpperCase()}\n`],
    ['another address', `map ${HOST} 10.0.0.1\n`],
    ['another address before', `map 10.0.0.1 ${HOST}\n`],
    ['an address as name', 'map 10.0.0.1\n'],
    ['a line feed in the name', 'map a\n10.0.0.1 b.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n'],
    ['a carriage return', `map ${HOST}\r10.0.0.1 x\n`],
    ['NUL', Buffer.from(`map ${HOST}\0\n`)],
    ['bytes that are no UTF-8', Buffer.from([0x6d, 0x61, 0x70, 0x20, 0xff, 0xfe, 0x0a])],
    ['an option', 'map --help\n'],
    ['an option as a label', 'map -x.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n'],
    ['a path', 'map ../../etc/passwd\n'],
    ['a path as a label', 'map a/b.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n'],
    ['a comment', `map ${HOST} # x\n`],
    ['an environment', `FILE=/etc/passwd map ${HOST}\n`],
    ['another request', `write ${HOST}\n`],
    ['no request', '\n'],
    ['a name of 254 bytes', `map ${'a.'.repeat(113)}c1.eu-west-1.rds.amazonaws.com\n`],
    ['1 MiB in one line', Buffer.alloc(1 << 20, 'map ')],
    ['1 MiB of NUL', Buffer.alloc(1 << 20)],
    ['a line that does not end', `map ${HOST}`],
  ])('refuses and logs %s, and maps nothing after it', async (_, input) => {
    const logs = logged().length
    const next = Buffer.from('\nmap other.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n')
    const isCut = input === `map ${HOST}`
    const {status, stdout, stderr} = await helper(isCut ? input : Buffer.concat([Buffer.from(input), next]))
    expect(status).toBe(1)
    expect(stdout).not.toContain('done')
    expect(stderr).toMatch(/^dbtunnel hosts helper: refused [ -~…]+\n$/)
    expect(logged().slice(logs)).toMatch(/^-t dbtunnel-hosts-helper -p auth\.warning -- refused [ -~…]+\n$/)
  })

  const canTrace = spawnSync('/usr/bin/strace', ['-qq', '-o', '/dev/null', 'true']).status === 0
  it.skipIf(!canTrace)('reads no file but the hosts file, beside what any Node does before it', () => {
    const trace = join(marks, 'trace')
    const traced = ['-f', '-qq', '-e', 'trace=open,openat,openat2', '-o', trace, ...COMMAND]
    const {status, stdout, stderr} = spawnSync('/usr/bin/strace', traced, {
      env: {PATH: '/usr/bin:/bin'},
      input: `map ${HOST}\nunmap ${HOST}\n`,
      encoding: 'utf8',
    })
    expect({status, stdout}, stderr).toEqual({status: 0, stdout: expect.stringMatching(/^ready .*\ndone\ndone\n$/)})
    const opened = readFileSync(trace, 'utf8').matchAll(/"([^"]+)", (\S+?)(?:, \d+)?\) = \d/g)
    rmSync(trace)
    const files = [...opened].flatMap(([, path = '', flags = '']) => (flags.includes('O_DIRECTORY') ? [] : [path]))
    expect(files).toContain('/etc/hosts')
    const nodes = /^(\/usr)?\/lib(64)?\/|^\/etc\/ld\.so\.|^\/(proc|sys\/fs\/cgroup)\/|^\/dev\/null$/
    const known = [HELPER, NODE, '/etc', '/etc/hosts']
    const others = files.filter((path) => !nodes.test(path) && !known.includes(path))
    // Claims and drafts of the writer's own, beside the file.
    expect(others.filter((path) => !path.startsWith('/etc/.hosts.dbtunnel-'))).toEqual([])
  })

  it('sudo lets nobody give it an argument', async () => {
    const {status, stdout} = await asUser(['/usr/bin/sudo', '-n', ...COMMAND, '--file=/etc/passwd'])
    expect({status, stdout}).toEqual({status: 1, stdout: ''})
  })

  describe('gains the user nothing, whatever the machine’s rules keep of the environment', () => {
    beforeEach(() =>
      setRules('Defaults !env_reset', 'Defaults setenv', 'Defaults env_keep += "NODE_OPTIONS NODE_PATH HOME PATH"'),
    )

    /** What shows that it ran, and as whom. */
    const evil = (): string => `require('fs').writeFileSync('${marks}/' + Math.random() + '-' + process.getuid(), '')`
    const mapped = `map ${HOST}\n`

    /** Files of the user's own that a program might look for, in a folder that is HOME, PATH, TMPDIR and where one stands. */
    function trap(): {folder: string; with: Env} {
      const folder = join(env['HOME'] ?? '', 'trap')
      rmSync(folder, {recursive: true, force: true})
      mkdirSync(join(folder, 'node_modules/fs'), {recursive: true})
      for (const name of ['.noderc.js', 'evil.cjs', 'node_modules/fs/index.js', '.node_repl_history', 'index.js']) {
        writeFileSync(join(folder, name), evil())
      }
      writeFileSync(join(folder, 'package.json'), '{"type": "module", "main": "evil.cjs"}')
      writeFileSync(join(folder, '.npmrc'), `node-options=--require=${folder}/evil.cjs\n`)
      writeFileSync(
        join(folder, 'openssl.cnf'),
        'nodejs_conf = n\n[n]\nengines = e\n[e]\nx = y\n[y]\ndynamic_path = /x\n',
      )
      for (const name of ['node', 'logger', 'sudo', 'env', 'sh']) {
        writeFileSync(join(folder, name), `#!${process.execPath}\n${evil()}\n`, {mode: 0o755})
      }
      execFileSync('chown', ['-R', `${USER.uid}:${USER.gid}`, folder])
      return {
        folder,
        with: {
          NODE_OPTIONS: `--require=${folder}/evil.cjs`,
          NODE_PATH: join(folder, 'node_modules'),
          NODE_REPL_EXTERNAL_MODULE: join(folder, 'evil.cjs'),
          NODE_EXTRA_CA_CERTS: '/etc/shadow',
          OPENSSL_CONF: join(folder, 'openssl.cnf'),
          LD_PRELOAD: join(folder, 'evil.cjs'),
          LD_LIBRARY_PATH: folder,
          BASH_ENV: join(folder, 'evil.cjs'),
          HOME: folder,
          TMPDIR: folder,
          PATH: folder,
        },
      }
    }

    it('the trap is one: the user’s own Node falls into it', async () => {
      const {folder, with: more} = trap()
      const {LD_PRELOAD: _, OPENSSL_CONF: __, ...others} = more
      await asUser([process.execPath, '-e', ''], {with: others, cwd: folder})
      expect(readdirSync(marks)).toHaveLength(1)
    })

    it('NODE_OPTIONS, NODE_PATH, PATH, HOME, OPENSSL_CONF, the loader’s variables, the working directory', async () => {
      const {folder, with: more} = trap()
      const {status, stdout} = await helper(mapped, {with: more, cwd: folder})
      expect({status, stdout}).toEqual({status: 0, stdout: expect.stringMatching(/^ready .*\ndone\n$/)})
      // The refusal, too, which starts a program.
      expect(await helper('x\n', {with: more, cwd: folder})).toMatchObject({status: 1})
      expect(readdirSync(marks)).toEqual([])
    })

    it('variables on sudo’s command line, and -E', async () => {
      const {folder} = trap()
      for (const words of [[`NODE_OPTIONS=--require=${folder}/evil.cjs`], ['-E'], ['--preserve-env=NODE_OPTIONS']]) {
        const more = {NODE_OPTIONS: `--require=${folder}/evil.cjs`}
        const {stdout} = await asUser(['/usr/bin/sudo', '-n', ...words, ...COMMAND], {with: more, cwd: folder})
        expect(stdout).toBe('')
      }
      expect(readdirSync(marks)).toEqual([])
    })

    it('another user, group, folder or root for it', async () => {
      const tries = [['-u', 'daemon'], ['-g', 'root'], ['-D', '/tmp'], ['-R', '/tmp'], ['-s'], ['-i']]
      for (const words of tries) {
        expect(await asUser(['/usr/bin/sudo', '-n', ...words, ...COMMAND])).toMatchObject({status: 1, stdout: ''})
      }
    })

    it('another Node and another helper in the package: what root has is not used then, and sudo starts no other', async () => {
      const {folder, with: more} = trap()
      const copy = join(folder, 'package')
      for (const part of ['bin', 'dist', 'package.json', 'oclif.manifest.json']) {
        cpSync(join(ROOT, part), join(copy, part), {recursive: true})
      }
      writeFileSync(join(copy, 'dist/hosts-helper.cjs'), evil())
      execFileSync('chown', ['-R', `${USER.uid}:${USER.gid}`, copy])
      cpSync(process.execPath, join(folder, 'own-node'))
      const {NODE_PATH, HOME} = more
      const words = [join(folder, 'own-node'), join(copy, 'bin/run.js'), ...SELECT]
      const {status, stdout, stderr} = await asUser(words, {with: {NODE_PATH, HOME} as Env, cwd: folder})
      expect({status, stdout}).toEqual({status: 0, stdout: ''})
      expect(stderr).toContain('The installed hosts helper is not used: it is of another version of dbtunnel.')
      expect(readdirSync(marks)).toEqual([])
    })

    it('what root has cannot be changed', async () => {
      for (const path of [HELPER, NODE, FOLDER, '/usr/local/libexec', '/usr/local', RULES, '/etc/sudoers.d']) {
        expect(await asUser(['test', '-w', path])).toMatchObject({status: 1})
      }
    })
  })
})
