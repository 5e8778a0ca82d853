import type {Signal, SignalPort} from '../core/ports/signals.js'

const SIGNALS: readonly Signal[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGCONT']

export const processSignals: SignalPort = {
  listen(listener) {
    const handlers = SIGNALS.map((signal) => [signal, () => listener(signal)] as const)
    for (const [signal, handler] of handlers) process.on(signal, handler)
    return () => {
      for (const [signal, handler] of handlers) process.off(signal, handler)
    }
  },
  listenFaults(listener) {
    process.on('uncaughtException', listener)
    process.on('unhandledRejection', listener)
    return () => {
      process.off('uncaughtException', listener)
      process.off('unhandledRejection', listener)
    }
  },
}
