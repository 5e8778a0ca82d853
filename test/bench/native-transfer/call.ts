import {fork} from 'node:child_process'
import {type EventEmitter, once} from 'node:events'

/** What a process does when it is asked by another one. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>

interface Question {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

type Channel = EventEmitter & {send?: ((message: object) => unknown) | undefined}

/** Asks the process at the other end of `channel`, and answers it. */
export function converse(
  channel: Channel,
  answers: Answers = {},
): (name: string, argument?: unknown) => Promise<never> {
  const asked = new Map<number, {resolve: (value: never) => void; reject: (error: Error) => void}>()
  let count = 0
  channel.on('message', (message: Question | Answer) => {
    if ('name' in message) return void answer(message)
    const waiting = asked.get(message.id)
    asked.delete(message.id)
    if (message.error === undefined) waiting?.resolve(message.value as never)
    else waiting?.reject(new Error(message.error))
  })
  async function answer({id, name, argument}: Question): Promise<void> {
    try {
      channel.send?.({id, value: await answers[name]?.(argument as never)})
    } catch (error) {
      channel.send?.({id, error: String(error)})
    }
  }
  return (name, argument) =>
    new Promise((resolve, reject) => {
      const id = count++
      asked.set(id, {resolve, reject})
      channel.send?.({id, name, argument})
    })
}

/** A process of its own for a module beside this one; it ends when it is left alone. */
export function startProcess(
  file: string,
  answers?: Answers,
): {ask: ReturnType<typeof converse>; stop(): Promise<void>} {
  const child = fork(new URL(file, import.meta.url), {execArgv: process.execArgv, stdio: 'inherit'})
  const ended = once(child, 'exit')
  return {
    ask: converse(child, answers),
    async stop() {
      child.disconnect()
      await ended
    },
  }
}
