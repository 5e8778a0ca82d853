import type {CATALOG, ErrorCode} from './errors.js'

/** What each status means, for the page of exit codes. */
export const MEANINGS: Readonly<Record<(typeof CATALOG)[ErrorCode]['exit'], string>> = {
  64: 'the command line is wrong',
  68: 'there is no such database, or it is not open',
  69: 'there is no usable bastion; or the database is stopped, has IAM login off, or the bastion cannot reach it',
  70: 'a bug in dbtunnel',
  73: 'a local port, the hosts file, a private file or space on the disk of stdout is not available',
  75: 'worth trying again: throttled, timed out, tunnel lost',
  76: 'the TLS certificate or the protocol is not as it should be',
  77: 'AWS credentials or permission are missing; `doctor`: the database refuses the login',
  78: 'the configuration is wrong',
  126: 'the program cannot be run',
  127: 'the program is not installed',
  129: 'ended by SIGHUP',
  130: 'ended by Ctrl-C',
  131: 'ended by SIGQUIT',
  143: 'ended by SIGTERM',
}
