import type {Conversation, ProbeLine} from '../../core/ports/network.js'

/** SSLRequest: length 8, code 1234 and 5679. */
const SSL_REQUEST = Uint8Array.of(0x00, 0x00, 0x00, 0x08, 0x04, 0xd2, 0x16, 0x2f)
/** It agrees; `N` refuses, and anything else is another server. */
const AGREED = 'S'.charCodeAt(0)

/** Nobody logs in: a connection that ends after a finished handshake leaves no line in the database's log. */
export async function probe(line: ProbeLine): ReturnType<Conversation> {
  line.write(SSL_REQUEST)
  const [answer] = await line.read(1)
  if (answer !== AGREED) return 'no-tls'
  await line.encrypt()
  return 'answered'
}
