import type {ListenPort} from '../core/ports/network.js'

/** Takes the port and gives it back: rejects with PORT_IN_USE. 0 stands for any free port. */
export async function checkLocalPort(port: number, listen: ListenPort): Promise<void> {
  if (port === 0) return
  const listener = await listen.listen(port, (socket) => socket.destroy())
  await listener.close()
}
