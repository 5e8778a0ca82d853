import type {Signal, SignalPort} from '../../core/ports/signals.js'

const SIGNALS: readonly Signal[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGCONT']

/**
 * Node would open its debugger for the first, on a port that gives away all secrets of this process, and die of the
 * second.
 */
const PASSED_OVER = ['SIGUSR1', 'SIGUSR2'] as const

export const processSignals: SignalPort = {
  listen(listener) {
    const handlers = SIGNALS.map((signal) => [signal, () => listener(signal)] as const)
    const nothing = (): void => {}
    for (const [signal, handler] of handlers) process.on(signal, handler)
    for (const signal of PASSED_OVER) process.on(signal, nothing)
    return () => {
      for (const signal of PASSED_OVER) process.off(signal, nothing)
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
