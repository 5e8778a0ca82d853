type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment without what an outer `dbtunnel exec` has told its command, or the lines of `dbtunnel open` the shell
 * (DBTUNNEL_URL shows that there is one): the user and database of that connection are no wish for another one. What has
 * been set since then counts.
 */
export function withoutOuterConnection(env: Environment): Environment {
  const url = env['DBTUNNEL_URL']
  if (!url || !URL.canParse(url)) return env
  const {username, pathname} = new URL(url)
  const [user, database] = [decoded(username), decoded(pathname.slice(1))]
  const told = {DBTUNNEL_USER: user, PGUSER: user, DBTUNNEL_DATABASE: database, PGDATABASE: database}
  const isTold = (name: string): boolean => Object.hasOwn(told, name) && told[name as keyof typeof told] === env[name]
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isTold(name)))
}

/** Undefined where someone else has written it. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
