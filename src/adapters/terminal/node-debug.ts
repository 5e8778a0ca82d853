let isWithheld = false

/**
 * Keeps Node's own debug lines (NODE_DEBUG) off stderr from here on: those of `http` and `net` hold the session token,
 * those of `child_process` the secret key. Node reads that variable before any program runs, so it can not be unset. True
 * when there is something to keep back.
 */
export function withholdNodeDebug(): boolean {
  if (!process.env['NODE_DEBUG']) return false
  if (isWithheld) return true
  isWithheld = true
  const {stderr} = process
  const write = stderr.write.bind(stderr) as (...words: unknown[]) => boolean
  // A section in capitals, the process id (in colour on a terminal), and what is told, in one piece (Node 20 to 26).

  const line = new RegExp(`^[A-Z0-9_/-]+ (?:\\x1b\\[\\d+m)?${process.pid}(?:\\x1b\\[\\d+m)?: `)
  stderr.write = (...words: unknown[]) => (typeof words[0] === 'string' && line.test(words[0]) ? true : write(...words))
  return true
}
